using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// Units of a holder locked to one node. Its hash is the channel id.
/// </summary>
/// <param name="Holder">Owner of the units, who opens, thaws and withdraws.</param>
/// <param name="Node">The node key that serves and redeems.</param>
/// <param name="SpendKey">The key that signs orders, cancels and acks.</param>
/// <param name="ClassId">Hash of the class, read as an ERC-1155 id.</param>
/// <param name="Salt">Makes channels of equal terms distinct.</param>
public readonly record struct ChannelTerms(
    Address Holder,
    Address Node,
    Address SpendKey,
    Bytes32 ClassId,
    Bytes32 Salt)
    : ISignedStruct<ChannelTerms>
{
    /// <inheritdoc/>
    public static string TypeName => "Channel";

    /// <inheritdoc/>
    public static ChannelTerms Fields(ref FieldCursor fields, in ChannelTerms of) => new(
        fields.Address("holder", of.Holder),
        fields.Address("node", of.Node),
        fields.Address("spendKey", of.SpendKey),
        fields.Uint256("classId", of.ClassId),
        fields.Bytes32("salt", of.Salt));
}
