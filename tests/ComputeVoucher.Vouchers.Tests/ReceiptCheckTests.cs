using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers.Tests;

public sealed class ReceiptCheckTests
{
    private static readonly Bytes32 s_root = new(Sample.Fill(9));

    private static readonly Receipt s_good =
        new(Sample.Order.HashStruct(), 1, s_root, default, 400);

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

    private static RefusalReason Check(
        Receipt receipt, Order? order = null, PrivateKey? key = null) =>
        ReceiptCheck.Check(
            order ?? Sample.Order,
            receipt,
            (key ?? Sample.NodeKey).Sign(receipt.Digest(Sample.Domain.VouchersSeparator)),
            s_root,
            1,
            400,
            Sample.NodeKey.Address,
            Sample.Domain.VouchersSeparator);
}
