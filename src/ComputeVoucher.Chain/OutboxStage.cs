namespace ComputeVoucher.Chain;

/// <summary>How far a transaction is. The numbers are stored.</summary>
public enum OutboxStage : byte
{
    /// <summary>Wanted; no nonce yet.</summary>
    Intent = 0,

    /// <summary>Nonce taken, bytes signed and durable; no endpoint is known to have them.</summary>
    Signed = 1,

    /// <summary>Offered to the network. What becomes of it is unknown, never "failed".</summary>
    Sent = 2,

    /// <summary>In a block that a reorganisation may still take back.</summary>
    Mined = 3,

    /// <summary>In a final block, or refused before it ever had a nonce.</summary>
    Final = 4,
}
