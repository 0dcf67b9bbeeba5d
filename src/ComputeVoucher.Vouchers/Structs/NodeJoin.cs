using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// A node key says, once and for good, which provider it belongs to. Signed by the node key,
/// verified by Providers.
/// </summary>
/// <param name="Provider">The provider that the node serves for.</param>
public readonly record struct NodeJoin(Address Provider)
    : ISignedStruct<NodeJoin>
{
    /// <inheritdoc/>
    public static string TypeName => "NodeJoin";

    /// <inheritdoc/>
    public static NodeJoin Fields(ref FieldCursor fields, in NodeJoin of) => new(
        fields.Address("provider", of.Provider));
}
