namespace ComputeVoucher.Node;

/// <summary>Numbers of the log events. A number is never used twice, and never reused.</summary>
internal static class LogEvents
{
    public const int Started = 1;
    public const int Ready = 2;
    public const int Draining = 3;
    public const int Stopped = 4;
    public const int ModelPinned = 5;
    public const int ClassPinned = 6;
    public const int Recovered = 7;
    public const int BackendChosen = 8;
    public const int OrderRefused = 20;
    public const int OrderFailed = 21;
    public const int OrderCancelled = 22;
    public const int ConflictKept = 23;
    public const int LedgerFailed = 30;
    public const int LedgerFull = 31;
    public const int LedgerRoom = 32;
    public const int LedgerUnsafe = 33;
    public const int RequestRefused = 34;
    public const int LedgerNotice = 35;
    public const int LossBooked = 36;
    public const int LedgerBehind = 37;
    public const int WrittenOff = 38;
    public const int ChainAway = 40;
    public const int ChainBack = 41;
    public const int ThawSeen = 42;
    public const int ChannelSeen = 43;
    public const int ChainNotice = 44;
    public const int ChannelClosed = 45;
    public const int ChainTrouble = 46;
    public const int BatchSubmitted = 50;
    public const int TransactionMoved = 51;
    public const int FeeDecided = 52;
    public const int HeldBack = 53;
    public const int DisputeMoved = 80;
    public const int DisputeUrgent = 81;
    public const int DisputeStuck = 82;
    public const int DisputeEnded = 83;
    public const int DemandAnswered = 84;
    public const int DemandUrgent = 85;
    public const int DemandStuck = 86;
    public const int Claimed = 87;
    public const int CourtAway = 88;
    public const int HealthFailed = 60;
    public const int ControlAsked = 61;
    public const int ControlAbsent = 62;
    public const int UnexpectedFailure = 70;
}
