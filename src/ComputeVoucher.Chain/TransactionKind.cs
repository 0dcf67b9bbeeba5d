namespace ComputeVoucher.Chain;

/// <summary>The EIP-2718 envelopes that Chain reads. It sends only <see cref="FeeMarket"/>.
/// </summary>
public enum TransactionKind : byte
{
    /// <summary>A bare RLP list; with a chain id since EIP-155.</summary>
    Legacy = 0,

    /// <summary>EIP-2930.</summary>
    AccessList = 1,

    /// <summary>EIP-1559.</summary>
    FeeMarket = 2,
}
