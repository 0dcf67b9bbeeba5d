namespace ComputeVoucher.Vouchers;

/// <summary>
/// A frozen EIP-712 struct; its list of fields is both its type and its payload. What follows from
/// it is in <see cref="FieldList"/> and <see cref="SignedStruct"/>.
/// </summary>
public interface ISignedStruct<TSelf> : IFieldList<TSelf>
    where TSelf : struct, ISignedStruct<TSelf>
{
    /// <summary>Name of the EIP-712 type; frozen.</summary>
    static abstract string TypeName { get; }
}
