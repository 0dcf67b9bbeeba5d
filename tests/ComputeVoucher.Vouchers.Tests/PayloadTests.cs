using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers.Tests;

/// <summary>Payload bytes: frozen layout, strict length, strict values.</summary>
public sealed class PayloadTests
{
    private static readonly Bytes32 s_a = new(Sample.Fill(0xAA));
    private static readonly Bytes32 s_b = new(Sample.Fill(0xBB));
    private static readonly Address s_c = Sample.FillAddress(0xCC);
    private static readonly string s_a64 = new('a', 64);
    private static readonly string s_b64 = new('b', 64);
    private static readonly string s_c40 = new('c', 40);

    [Fact]
    public void Layout_OfEveryType_IsFrozen()
    {
        Frozen(
            new VoucherClass(s_c, 1, 2, 3, 4, 5, 6, s_a, s_c),
            s_c40 + U(1, 16) + U(2, 8) + U(3, 4) + U(4, 4) + U(5, 2) + U(6, 2) + s_a64 + s_c40);
        Frozen(
            new ChannelTerms(s_c, default, s_c, s_a, s_b),
            s_c40 + new string('0', 40) + s_c40 + s_a64 + s_b64);
        Frozen(new NodeJoin(s_c), s_c40);
        Frozen(
            new Order(s_a, 1, s_b, s_a, 2, 3, OrderFlags.TraceRootWanted, default),
            s_a64 + U(1, 8) + s_b64 + s_a64 + U(2, 16) + U(3, 8) + "02" + new string('0', 64));
        Frozen(new Accept(s_a, 7), s_a64 + U(7, 8));
        Frozen(new Cancel(s_b), s_b64);
        Frozen(
            new Receipt(s_a, 9, s_b, s_a, 10), s_a64 + U(9, 4) + s_b64 + s_a64 + U(10, 16));
        Frozen(new TraceRootStatement(s_a, 9, s_b), s_a64 + U(9, 4) + s_b64);
        Frozen(new Ack(s_a, 11, 12), s_a64 + U(11, 16) + U(12, 8));
        Frozen(new Release(s_a, 13), s_a64 + U(13, 16));
        Frozen(new StateQuery(s_a, s_b), s_a64 + s_b64);
        Frozen(new TraceQuery(s_a, s_b), s_a64 + s_b64);
        Frozen(
            new ReleaseQuery(s_a, 14, 15, s_b), s_a64 + U(14, 16) + U(15, 8) + s_b64);
        Frozen(new OpeningQuery(s_a, s_b, s_a), s_a64 + s_b64 + s_a64);
    }

    [Fact]
    public void TypeTexts_AreFrozen()
    {
        Assert.Equal(
            "Class(address token,uint128 unitPrice,uint64 expiry,uint32 thaw,uint32 window,"
            + "uint16 premiumBps,uint16 burnBps,bytes32 costTable,address court)",
            VoucherClass.TypeText);
        Assert.Equal(
            "Channel(address holder,address node,address spendKey,uint256 classId,bytes32 salt)",
            ChannelTerms.TypeText);
        Assert.Equal("NodeJoin(address provider)", NodeJoin.TypeText);
        Assert.Equal(
            "Order(bytes32 channel,uint64 seq,bytes32 modelRoot,bytes32 inputRoot,"
            + "uint128 maxUnits,uint64 deadline,uint8 flags,bytes32 extension)",
            Order.TypeText);
        Assert.Equal("Accept(bytes32 orderHash,uint64 dueAt)", Accept.TypeText);
        Assert.Equal("Cancel(bytes32 orderHash)", Cancel.TypeText);
        Assert.Equal(
            "Receipt(bytes32 orderHash,uint32 steps,bytes32 outputRoot,bytes32 traceRoot,"
            + "uint128 units)",
            Receipt.TypeText);
        Assert.Equal(
            "TraceRoot(bytes32 orderHash,uint32 steps,bytes32 traceRoot)",
            TraceRootStatement.TypeText);
        Assert.Equal("Ack(bytes32 channel,uint128 cumUnits,uint64 nextSeq)", Ack.TypeText);
        Assert.Equal("Release(bytes32 channel,uint128 cumUnits)", Release.TypeText);
        Assert.Equal(
            "ReleaseQuery(bytes32 channel,uint128 cumUnits,uint64 nextSeq,bytes32 nonce)",
            ReleaseQuery.TypeText);
        Assert.Equal("StateQuery(bytes32 channel,bytes32 nonce)", StateQuery.TypeText);
        Assert.Equal("TraceQuery(bytes32 orderHash,bytes32 nonce)", TraceQuery.TypeText);
        Assert.Equal(
            "OpeningQuery(bytes32 orderHash,bytes32 request,bytes32 nonce)",
            OpeningQuery.TypeText);
    }

    [Fact]
    public void UnitsAboveTheLimit_Refused()
    {
        Refused(new Order(s_a, 1, s_b, s_a, Over, 3, OrderFlags.None, default));
        Refused(new Receipt(s_a, 9, s_b, s_a, Over));
        Refused(new Ack(s_a, Over, 12));
        Refused(new Release(s_a, Over));
        Refused(new VoucherClass(s_c, 1, 2, 3, 4, 10_001, 6, s_a, s_c));
        Refused(new VoucherClass(s_c, 1, 2, 3, 4, 5, 10_001, s_a, s_c));
    }

    [Fact]
    public void Order_EachRefusal_HasItsReason()
    {
        Order good = new(s_a, 1, s_b, s_a, 2, 3, OrderFlags.None, default);
        Assert.Equal(RefusalReason.None, Reason(good));
        Assert.Equal(RefusalReason.UnitsOverLimit, Reason(good with { MaxUnits = Over }));
        for (int bit = 4; bit < 8; bit++)
        {
            Order flagged = good with { Flags = (OrderFlags)(1 << bit) };
            Assert.Equal(RefusalReason.FlagsUnknown, Reason(flagged));
        }

        Assert.Equal(RefusalReason.ExtensionUnsupported, Reason(good with { Extension = s_a }));
        Assert.Equal(RefusalReason.PayloadSize, Order.Decode(new byte[160], out _));
        Assert.Equal(RefusalReason.PayloadSize, Order.Decode([], out _));
    }

    [Fact]
    public void SignedPayload_BadSignatureBytes_Refused()
    {
        Ack ack = new(s_a, 5, 6);
        Signature signature = Sample.SpendKey.Sign(ack.HashStruct());
        byte[] bytes = SignedPayload.Encode(ack, signature);
        Assert.Equal(RefusalReason.None, SignedPayload.Decode<Ack>(bytes, out Ack read, out _));
        Assert.Equal(ack, read);

        // s of all ones is far above n / 2.
        bytes.AsSpan(bytes.Length - 32).Fill(0xFF);
        Assert.Equal(
            RefusalReason.SignatureMalformed, SignedPayload.Decode<Ack>(bytes, out _, out _));
        Assert.Equal(
            RefusalReason.PayloadSize, SignedPayload.Decode<Ack>(bytes.AsSpan(1), out _, out _));
    }

    private static UInt128 Over => VoucherLimits.UnitsMax + 1;

    private static RefusalReason Reason(Order order)
    {
        byte[] bytes = new byte[Order.PayloadBytes];
        order.Encode(bytes);
        return Order.Decode(bytes, out _);
    }

    private static string U(ulong value, int bytes) =>
        value.ToString("x").PadLeft(2 * bytes, '0');

    private static int Bytes<T>()
        where T : struct, ISignedStruct<T> => SignedPayload.Bytes<T>() - Signature.Size;

    private static void Frozen<T>(T value, string hex)
        where T : struct, ISignedStruct<T>
    {
        byte[] bytes = new byte[Bytes<T>()];
        value.Encode(bytes);
        Assert.Equal(hex, Convert.ToHexStringLower(bytes));
        Assert.True(FieldList.TryDecode(bytes, out T read));
        Assert.Equal(value, read);
        Assert.False(FieldList.TryDecode(bytes.AsSpan(1), out T _));
        Assert.False(FieldList.TryDecode([.. bytes, 0], out T _));
        Assert.False(FieldList.TryDecode([], out T _));
        Assert.Throws<ArgumentException>(() => value.Encode(new byte[bytes.Length - 1]));
    }

    private static void Refused<T>(T value)
        where T : struct, ISignedStruct<T>
    {
        byte[] bytes = new byte[Bytes<T>()];
        value.Encode(bytes);
        Assert.False(FieldList.TryDecode(bytes, out T _));
    }
}
