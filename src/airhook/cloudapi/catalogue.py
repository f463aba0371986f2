# ruff: noqa: SIM905 - names in running lines are easier to read than 261 lines
"""The names of all actions of the version, whether Airhook has them or not (contract 3.11).

A name that is not here is an ``InvalidAction``; one that is here without an action is an ``UnsupportedOperation``.
"""

VERSION = "2018-08-01"

GROUPS = {
    "callbacks": """
        CreateLiveCallbackTemplate ModifyLiveCallbackTemplate DeleteLiveCallbackTemplate
        DescribeLiveCallbackTemplate DescribeLiveCallbackTemplates CreateLiveCallbackRule
        DeleteLiveCallbackRule DescribeLiveCallbackRules DescribeCallbackRecordsList
    """.split(),
    "streams and delay": """
        DescribeLiveStreamOnlineList DescribeLiveStreamState DescribeLiveStreamEventList
        DescribeLiveStreamPublishedList DescribeLiveStreamPushInfoList DescribeStreamPushInfoList
        DropLiveStream ForbidLiveStream ResumeLiveStream AddDelayLiveStream ResumeDelayLiveStream
        DescribeLiveDelayInfoList DescribeBackupStreamList SwitchBackupStream EnableOptimalSwitching
        CloseSourceStream
    """.split(),
    "domains, certificates, referer, origin": """
        AddLiveDomain AuthenticateDomainOwner DescribeLiveDomain DescribeLiveDomains EnableLiveDomain
        ForbidLiveDomain DeleteLiveDomain ModifyLivePlayDomain DescribeLiveDomainReferer
        ModifyLiveDomainReferer DescribeLiveCert DescribeLiveCerts DescribeLiveDomainCert
        DescribeLiveDomainCertBindings ModifyLiveDomainCertBindings UnBindLiveDomainCert
        DescribeOriginStreamInfo ModifyOriginStreamInfo DescribeOriginWhiteIpList
    """.split(),
    "authentication keys": """
        DescribeLivePushAuthKey ModifyLivePushAuthKey DescribeLivePlayAuthKey ModifyLivePlayAuthKey
    """.split(),
    "recording": """
        CreateLiveRecordTemplate ModifyLiveRecordTemplate DeleteLiveRecordTemplate
        DescribeLiveRecordTemplate DescribeLiveRecordTemplates CreateLiveRecordRule DeleteLiveRecordRule
        DescribeLiveRecordRules CreateRecordTask StopRecordTask DeleteRecordTask DescribeRecordTask
        CreateLiveRecord StopLiveRecord DeleteLiveRecord DescribeConcurrentRecordStreamNum
    """.split(),
    "snapshots and audit": """
        CreateLiveSnapshotTemplate ModifyLiveSnapshotTemplate DeleteLiveSnapshotTemplate
        DescribeLiveSnapshotTemplate DescribeLiveSnapshotTemplates CreateLiveSnapshotRule
        DeleteLiveSnapshotRule DescribeLiveSnapshotRules CreateScreenshotTask StopScreenshotTask
        DeleteScreenshotTask DescribeScreenshotTask DescribeScreenShotSheetNumList CreateAuditTemplate
        ModifyAuditTemplate DeleteAuditTemplate DescribeAuditTemplate DescribeAuditTemplates
        CreateAuditRule DeleteAuditRule DescribeAuditRules CreateAuditKeywordLib ModifyAuditKeywordLib
        DeleteAuditKeywordLib DescribeAuditKeywordLibs CreateAuditKeywords DeleteAuditKeywords
        DescribeAuditKeywords CreateAuditImages DeleteAuditImages DescribeAuditImages
        DescribeAuditGroupTag
    """.split(),
    "transcoding": """
        CreateLiveTranscodeTemplate ModifyLiveTranscodeTemplate DeleteLiveTranscodeTemplate
        DescribeLiveTranscodeTemplate DescribeLiveTranscodeTemplates CreateLiveTranscodeRule
        DeleteLiveTranscodeRule DescribeLiveTranscodeRules DescribeLiveTranscodeDetailInfo
        DescribeLiveTranscodeTotalInfo DescribeTranscodeTaskNum DescribeLiveEnhanceInfoList
    """.split(),
    "watermarks": """
        AddLiveWatermark UpdateLiveWatermark DeleteLiveWatermark DescribeLiveWatermark
        DescribeLiveWatermarks CreateLiveWatermarkRule DeleteLiveWatermarkRule DescribeLiveWatermarkRules
    """.split(),
    "time shift": """
        CreateLiveTimeShiftTemplate ModifyLiveTimeShiftTemplate DeleteLiveTimeShiftTemplate
        DescribeLiveTimeShiftTemplates CreateLiveTimeShiftRule DeleteLiveTimeShiftRule
        DescribeLiveTimeShiftRules DescribeTimeShiftStreamList DescribeTimeShiftRecordDetail
        DescribeLiveTimeShiftBillInfoList DescribeLiveTimeShiftWriteSizeInfoList
    """.split(),
    "filler (pad) and smart erase": """
        CreateLivePadTemplate ModifyLivePadTemplate DeleteLivePadTemplate DescribeLivePadTemplate
        DescribeLivePadTemplates CreateLivePadRule DeleteLivePadRule DescribeLivePadRules
        DescribeLivePadStreamList StartLivePadStream StopLivePadStream CreateLiveSmartEraseTemplate
        ModifyLiveSmartEraseTemplate DeleteLiveSmartEraseTemplate DescribeLiveSmartEraseTemplate
        DescribeLiveSmartEraseTemplates CreateLiveSmartEraseRule DeleteLiveSmartEraseRule
        DescribeLiveSmartEraseRules
    """.split(),
    "relay (pull tasks)": """
        CreateLivePullStreamTask ModifyLivePullStreamTask DeleteLivePullStreamTask
        RestartLivePullStreamTask DescribeLivePullStreamTasks DescribeLivePullStreamTaskStatus
        InsertTaskTemporaryFiles CreatePullStreamConfig ModifyPullStreamConfig ModifyPullStreamStatus
        DeletePullStreamConfig DescribePullStreamConfigs DescribePullTransformPushInfo
        DescribePullTransformPushInfoList
    """.split(),
    "stream mixing": """
        CreateCommonMixStream CancelCommonMixStream
    """.split(),
    "monitoring (multi-view)": """
        CreateLiveStreamMonitor ModifyLiveStreamMonitor DeleteLiveStreamMonitor DescribeLiveStreamMonitor
        DescribeLiveStreamMonitorList StartLiveStreamMonitor StopLiveStreamMonitor DescribeMonitorReport
    """.split(),
    "caster (cloud director)": """
        CreateCaster ModifyCaster CopyCaster DeleteCaster ReleaseCaster DescribeCaster DescribeCasterList
        DescribeCasterDisplayInfo DescribeCasterUserStatus DescribeCasterTransitionTypes
        DescribeCasterPlayUrl DescribeCasterEmergencyStatus SwitchCasterToEmergency
        CreateCasterInputPushUrl CreateCasterPgm CreateCasterPgmFromPvw StopCasterPgm CreateCasterPvw
        StopCasterPvw AddCasterInputInfo ModifyCasterInputInfo DeleteCasterInputInfo
        DescribeCasterInputInfos AddCasterLayoutInfo ModifyCasterLayoutInfo DeleteCasterLayoutInfo
        DescribeCasterLayoutInfos AddCasterMarkPicInfo ModifyCasterMarkPicInfo DeleteCasterMarkPicInfo
        DescribeCasterMarkPicInfos AddCasterMarkWordInfo ModifyCasterMarkWordInfo DeleteCasterMarkWordInfo
        DescribeCasterMarkWordInfos AddCasterOutputInfo ModifyCasterOutputInfo DeleteCasterOutputInfo
        DescribeCasterOutputInfos
    """.split(),
    "avatars, effects, generated video": """
        CreateLiveAvatarRoom ModifyLiveAvatarRoom CopyLiveAvatarRoom DeleteLiveAvatarRoom
        DescribeLiveAvatarRooms StartLiveAvatarRoom StopLiveAvatarRoom CreateLiveAvatarScript
        ModifyLiveAvatarScript DeleteLiveAvatarScript DescribeLiveAvatarScripts
        DescribeLiveAvatarTemporaryScriptList SendTemporaryScriptToAvatarRoom
        GenerateLiveAvatarScriptBroadcast DescribeLiveAvatarBackgroundList DescribeLiveAvatarImageList
        DescribeLiveAvatarTimbreList CreateLiveAvatarCloneFigure DeleteLiveAvatarCloneFigure
        DescribeLiveAvatarCloneFigureList CreateLiveCloudEffect DescribeLiveCloudEffectList
        DescribeLiveCloudEffectConfig SendLiveCloudEffect CreateSceneVideoTask DescribeSceneVideoTask
        CreateVideoRedrawTask DescribeAIGCTaskStatus
    """.split(),
    "statistics, billing, logs": """
        DescribeAllStreamPlayInfoList DescribeAreaBillBandwidthAndFluxList
        DescribeBillBandwidthAndFluxList DescribeDeliverBandwidthList DescribeDeliverLogDownList
        DescribeGroupProIspPlayInfoList DescribeHttpStatusInfoList DescribeLiveDomainPlayInfoList
        DescribeLivePackageInfo DescribeLiveXP2PDetailInfoList DescribeLogDownloadList
        DescribePlayErrorCodeDetailInfoList DescribePlayErrorCodeSumInfoList DescribeProIspPlaySumInfoList
        DescribeProvinceIspPlayInfoList DescribePushBandwidthAndFluxList DescribeStreamDayPlayInfoList
        DescribeStreamPlayInfoList DescribeTopClientIpSumInfoList DescribeUploadStreamNums
        DescribeVisitTopSumInfoList DescribeStreamPackageIngestStatistics
        DescribeStreamPackageOutputStatistics DescribeStreamPackageRemuxStatistics
    """.split(),
}

ACTIONS = frozenset(name for names in GROUPS.values() for name in names)
