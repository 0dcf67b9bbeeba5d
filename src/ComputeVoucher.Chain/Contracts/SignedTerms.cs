using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>The signed types and their signatures as the contracts take them, word by word.
/// </summary>
internal static class SignedTerms
{
    public static AbiWriter Write(this AbiWriter writer, in VoucherClass terms) => writer
        .Write(terms.Token)
        .Write(terms.UnitPrice)
        .Write(terms.Expiry)
        .Write((ulong)terms.Thaw)
        .Write((ulong)terms.Window)
        .Write((ulong)terms.PremiumBps)
        .Write((ulong)terms.BurnBps)
        .Write(terms.CostTable)
        .Write(terms.Court);

    public static AbiWriter Write(this AbiWriter writer, in ChannelTerms terms) => writer
        .Write(terms.Holder)
        .Write(terms.Node)
        .Write(terms.SpendKey)
        .Write(terms.ClassId)
        .Write(terms.Salt);

    public static AbiWriter Write(this AbiWriter writer, in Order order) => writer
        .Write(order.Channel)
        .Write(order.Seq)
        .Write(order.ModelRoot)
        .Write(order.InputRoot)
        .Write(order.MaxUnits)
        .Write(order.Deadline)
        .Write((ulong)order.Flags)
        .Write(order.Extension);

    /// <summary>EIP-2098: r, then parity and s.</summary>
    public static AbiWriter Write(this AbiWriter writer, in Signature signature) => writer
        .Write(new Bytes32(signature.Span[..Bytes32.Size]))
        .Write(new Bytes32(signature.Span[Bytes32.Size..]));

    public static VoucherClass ReadClass(this ref AbiReader reader) => new(
        reader.ReadAddress(),
        reader.ReadUInt128(),
        reader.ReadUInt64(),
        checked((uint)reader.ReadUInt64()),
        checked((uint)reader.ReadUInt64()),
        checked((ushort)reader.ReadUInt64()),
        checked((ushort)reader.ReadUInt64()),
        reader.ReadBytes32(),
        reader.ReadAddress());

    public static ChannelTerms ReadChannel(this ref AbiReader reader) => new(
        reader.ReadAddress(),
        reader.ReadAddress(),
        reader.ReadAddress(),
        reader.ReadBytes32(),
        reader.ReadBytes32());

    public static Order ReadOrder(this ref AbiReader reader) => new(
        reader.ReadBytes32(),
        reader.ReadUInt64(),
        reader.ReadBytes32(),
        reader.ReadBytes32(),
        reader.ReadUInt128(),
        reader.ReadUInt64(),
        (OrderFlags)checked((byte)reader.ReadUInt64()),
        reader.ReadBytes32());

    public static Signature ReadSignature(this ref AbiReader reader)
    {
        Bytes32 r = reader.ReadBytes32();
        Bytes32 vs = reader.ReadBytes32();
        return new Signature([.. r.Span, .. vs.Span]);
    }
}
