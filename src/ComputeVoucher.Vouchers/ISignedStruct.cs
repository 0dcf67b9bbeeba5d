namespace ComputeVoucher.Vouchers;

/// <summary>
/// A frozen EIP-712 struct with a fixed-width payload: its members in the order of the type text,
/// each at its own width, big endian. One list of fields says all of it; what follows from the
/// list (type text, hash, digest, payload) is in <see cref="SignedStruct"/>.
/// </summary>
public interface ISignedStruct<TSelf>
    where TSelf : struct, ISignedStruct<TSelf>
{
    /// <summary>Name of the EIP-712 type; frozen.</summary>
    static abstract string TypeName { get; }

    /// <summary>The struct that the cursor makes of every field of this one, in order.</summary>
    static abstract TSelf Fields(ref FieldCursor fields, in TSelf of);

    /// <summary>
    /// Why version 1 refuses these values, beside units above the limit, which every type refuses.
    /// </summary>
    static virtual RefusalReason Check(in TSelf value) => RefusalReason.None;
}
