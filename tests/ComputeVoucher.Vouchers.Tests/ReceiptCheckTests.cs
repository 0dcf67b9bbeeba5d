using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Vouchers.Tests;

public sealed class ReceiptCheckTests
{
    private static readonly Bytes32 s_root = new(Sample.Fill(9));

    private static readonly Receipt s_good =
        new(Sample.Order.HashStruct(), 1, s_root, default, 400);

    /// <summary>Cancelled before the first step: one form, whatever was ordered.</summary>
    [Theory]
    [InlineData(OrderFlags.None)]
    [InlineData(OrderFlags.TraceRootWanted)]
    public void NoSteps_HaveOneForm(OrderFlags flags)
    {
        Order order = Sample.Order with { Flags = flags };
        Receipt nothing = new(order.HashStruct(), 0, ReceiptCheck.NothingRoot, default, 0);
        Assert.Equal(RefusalReason.None, ReceiptCheck.CheckFields(order, nothing, default));
        Assert.Equal(
            RefusalReason.ReceiptOutputWrong,
            ReceiptCheck.CheckFields(order, nothing with { OutputRoot = s_root }, default));
        Assert.Equal(
            RefusalReason.ReceiptTraceWrong,
            ReceiptCheck.CheckFields(order, nothing with { TraceRoot = s_root }, default));
        Assert.Equal(
            RefusalReason.ReceiptUnitsWrong,
            ReceiptCheck.CheckFields(order, nothing with { Units = 1 }, default));
    }

    [Fact]
    public void NoSteps_RootIsThatOfThePage() => Assert.Contains(
        System.Convert.ToHexStringLower(ReceiptCheck.NothingRoot.ToArray()), ProtocolPage.Lines);

    /// <summary>What is not whole needs a Cancel; who does not know asks nobody.</summary>
    [Theory]
    [InlineData(0, false, false, false)]
    [InlineData(0, false, true, true)]
    [InlineData(0, false, null, true)]
    [InlineData(1, false, false, false)]
    [InlineData(1, false, true, true)]
    [InlineData(1, true, false, true)]
    public void FewerSteps_NeedACancel(uint steps, bool isWhole, bool? isCancelled, bool passes)
    {
        Receipt receipt = s_good with
        {
            Steps = steps,
            OutputRoot = steps == 0 ? ReceiptCheck.NothingRoot : s_root,
            Units = steps == 0 ? 0 : s_good.Units,
        };
        KnownWork known = new() { IsWhole = isWhole, IsCancelled = isCancelled };
        Assert.Equal(
            passes ? RefusalReason.None : RefusalReason.ReceiptStepsWrong,
            ReceiptCheck.CheckFields(Sample.Order, receipt, known));
    }

    [Fact]
    public void RightReceipt_Passes() => Assert.Equal(RefusalReason.None, Check(s_good));

    [Fact]
    public void EachWrongField_HasItsReason()
    {
        Assert.Equal(
            RefusalReason.ReceiptOrderWrong, Check(s_good with { OrderHash = s_root }));
        Assert.Equal(RefusalReason.ReceiptStepsWrong, Check(s_good with { Steps = 2 }));
        Assert.Equal(
            RefusalReason.ReceiptOutputWrong, Check(s_good with { OutputRoot = default }));
        Assert.Equal(RefusalReason.ReceiptTraceWrong, Check(s_good with { TraceRoot = s_root }));
        Assert.Equal(RefusalReason.ReceiptUnitsWrong, Check(s_good with { Units = 401 }));
    }

    [Fact]
    public void TraceRoot_WantedAndMissing_Refused()
    {
        Order order = Sample.Order with { Flags = OrderFlags.TraceRootWanted };
        Receipt without = s_good with { OrderHash = order.HashStruct() };
        Assert.Equal(RefusalReason.ReceiptTraceWrong, Check(without, order));
        Assert.Equal(RefusalReason.None, Check(without with { TraceRoot = s_root }, order));
    }

    [Fact]
    public void UnitsAboveMaxUnits_Refused()
    {
        Order order = Sample.Order with { MaxUnits = 399 };
        Receipt receipt = s_good with { OrderHash = order.HashStruct() };
        Assert.Equal(RefusalReason.ReceiptUnitsWrong, Check(receipt, order));
    }

    [Fact]
    public void SignatureOfAnotherNode_Refused() =>
        Assert.Equal(RefusalReason.SignerWrong, Check(s_good, key: Sample.OtherKey));

    [Fact]
    public void Equivocation_IsAnotherFieldForTheSameOrderAndSteps()
    {
        Assert.False(ReceiptCheck.IsEquivocation(s_good, s_good));
        Assert.True(ReceiptCheck.IsEquivocation(s_good, s_good with { Units = 1 }));
        Assert.True(ReceiptCheck.IsEquivocation(s_good, s_good with { OutputRoot = default }));
        Assert.False(ReceiptCheck.IsEquivocation(s_good, s_good with { Steps = 2, Units = 1 }));
        Assert.False(
            ReceiptCheck.IsEquivocation(s_good, s_good with { OrderHash = s_root, Units = 1 }));
    }

    [Fact]
    public void OwnRun_EachDifference_HasItsReason()
    {
        Order order = Sample.Order with { Flags = OrderFlags.TraceRootWanted };
        Receipt receipt = s_good with { OrderHash = order.HashStruct(), TraceRoot = s_root };
        KnownWork run = new()
        {
            InputRoot = order.InputRoot,
            OutputRoot = s_root,
            TraceRoot = s_root,
            Steps = 1,
            Units = 400,
        };
        Assert.Equal(RefusalReason.None, Fields(run));
        Assert.Equal(RefusalReason.None, Fields(default));
        Assert.Equal(RefusalReason.InputRootWrong, Fields(run with { InputRoot = s_root }));
        Assert.Equal(
            RefusalReason.ReceiptOutputWrong, Fields(run with { OutputRoot = Bytes32.Zero }));
        Assert.Equal(
            RefusalReason.ReceiptTraceWrong, Fields(run with { TraceRoot = order.InputRoot }));
        Assert.Equal(RefusalReason.ReceiptStepsWrong, Fields(run with { Steps = 2 }));
        Assert.Equal(RefusalReason.ReceiptUnitsWrong, Fields(run with { Units = 399 }));

        RefusalReason Fields(KnownWork known) => ReceiptCheck.CheckFields(order, receipt, known);
    }

    [Fact]
    public void Decode_OfWhatIsKept_ChecksChannelAndBothKeys()
    {
        Assert.Equal(RefusalReason.None, Decode());
        Assert.Equal(RefusalReason.SignerWrong, Decode(spender: Sample.OtherKey));
        Assert.Equal(RefusalReason.SignerWrong, Decode(node: Sample.OtherKey));
        Assert.Equal(
            RefusalReason.ChannelUnknown, Decode(Sample.Terms with { Salt = s_root }));
        Assert.Equal(
            RefusalReason.ReceiptUnitsWrong, Decode(receipt: s_good with { Units = 501 }));
        Assert.Equal(
            RefusalReason.ReceiptOrderWrong, Decode(receipt: s_good with { OrderHash = s_root }));
        Assert.Equal(RefusalReason.PayloadSize, ReceiptCheck.Decode(
            [], [], Sample.Terms, Sample.Domain.VouchersSeparator, out _, out _, out _));
    }

    private static RefusalReason Decode(
        ChannelTerms? terms = null, Receipt? receipt = null, PrivateKey? spender = null,
        PrivateKey? node = null)
    {
        Bytes32 separator = Sample.Domain.VouchersSeparator;
        Receipt sent = receipt ?? s_good;
        RefusalReason refusal = ReceiptCheck.Decode(
            SignedPayload.Encode(
                Sample.Order, (spender ?? Sample.SpendKey).Sign(Sample.Order.Digest(separator))),
            SignedPayload.Encode(sent, (node ?? Sample.NodeKey).Sign(sent.Digest(separator))),
            terms ?? Sample.Terms, separator, out Order order, out Receipt read, out _);
        Assert.Equal((Sample.Order, sent), (order, read));
        return refusal;
    }

    private static RefusalReason Check(
        Receipt receipt, Order? order = null, PrivateKey? key = null) =>
        ReceiptCheck.Check(
            order ?? Sample.Order,
            receipt,
            (key ?? Sample.NodeKey).Sign(receipt.Digest(Sample.Domain.VouchersSeparator)),
            new KnownWork { OutputRoot = s_root, Steps = 1, Units = 400 },
            Sample.NodeKey.Address,
            Sample.Domain.VouchersSeparator);
}
