namespace ComputeVoucher.Chain;

/// <summary>What a transaction did. The numbers are stored.</summary>
public enum OutboxOutcome : byte
{
    /// <summary>Nothing known yet.</summary>
    Open = 0,

    /// <summary>Status 1, from this account, to the right address, with the expected log.</summary>
    Succeeded = 1,

    /// <summary>Mined with status 0: gas spent, nothing changed.</summary>
    Reverted = 2,

    /// <summary>Status 1 without the log that the contract writes when it has done the work: a
    /// lying endpoint, or an address without the contract. Counts as nothing.</summary>
    WithoutLog = 3,

    /// <summary>Another transaction of ours (a self-transfer) used the nonce.</summary>
    Cancelled = 4,

    /// <summary>The simulation reverted before a nonce was taken; nothing was sent.</summary>
    Refused = 5,
}
