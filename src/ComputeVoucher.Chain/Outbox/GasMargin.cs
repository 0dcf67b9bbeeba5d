namespace ComputeVoucher.Chain;

/// <summary>From what the chain estimates to what a transaction may take.</summary>
internal static class GasMargin
{
    // A slot that was warm with a value when it was estimated and is empty when it is mined costs
    // 17,100 more (EIP-2929 and EIP-2200), whatever else the transaction does.
    private const ulong Flat = 20_000;

    /// <summary>A fifth and a flat part above.</summary>
    public static ulong Above(ulong estimate) => checked(estimate + estimate / 5 + Flat);
}
