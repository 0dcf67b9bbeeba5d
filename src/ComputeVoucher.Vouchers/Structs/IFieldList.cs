namespace ComputeVoucher.Vouchers;

/// <summary>
/// A frozen payload of fixed width: fields in order, each at its own width, big endian. One list
/// says all of it; what follows from the list is in <see cref="FieldList"/>.
/// </summary>
public interface IFieldList<TSelf>
    where TSelf : struct, IFieldList<TSelf>
{
    /// <summary>The struct that the cursor makes of every field of this one, in order.</summary>
    static abstract TSelf Fields(ref FieldCursor fields, in TSelf of);

    /// <summary>
    /// Why version 1 refuses these values, beside units above the limit, which every type refuses.
    /// </summary>
    static virtual RefusalReason Check(in TSelf value) => RefusalReason.None;
}
