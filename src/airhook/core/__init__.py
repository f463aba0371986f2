"""The domain: values and pure rules. No input or output here; everything else imports it."""
