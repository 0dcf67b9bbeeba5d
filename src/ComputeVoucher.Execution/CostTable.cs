using ComputeVoucher.Primitives;

namespace ComputeVoucher.Execution;

/// <summary>
/// Compute units per operator: 1 CU = one multiply-accumulate; the others as published here.
/// </summary>
public static class CostTable
{
    /// <summary>Digest of this table: the `costTable` of a voucher class.</summary>
    public static Bytes32 Hash => throw new System.NotImplementedException();
}
