namespace ComputeVoucher.Ledger;

/// <summary>States of a transaction (payments.md part 6). Stored: numbers are frozen.</summary>
public enum OutboxState : byte
{
    Intent = 1,
    Signed = 2,
    Sent = 3,
    Mined = 4,
    Final = 5,

    /// <summary>Given up before anything was signed, or replaced by another entry.</summary>
    Abandoned = 6,
}
