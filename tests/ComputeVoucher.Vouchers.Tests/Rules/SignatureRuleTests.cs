using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class SignatureRuleTests
{
    [Fact]
    public void SpendKey_Passes()
    {
        Assert.Equal(
            RefusalReason.None,
            Sample.Check(Sample.Context()));
    }

    [Fact]
    public void OtherKey_Refused()
    {
        Signature other = Sample.OtherKey.Sign(
            Sample.Order.Digest(Sample.Domain.VouchersSeparator));
        Assert.Equal(
            RefusalReason.SignerWrong,
            Sample.Check(Sample.Context(signature: other)));
    }

    [Fact]
    public void OtherChainOrContract_Refused()
    {
        Address contract = Sample.Domain.Vouchers;
        Address other = Sample.Domain.Providers;
        VoucherDomain[] domains =
        [
            new(1, contract, other), new(31337, other, contract), new(31338, contract, other),
        ];
        foreach (VoucherDomain domain in domains)
        {
            Signature signature = Sample.SpendKey.Sign(
                Sample.Order.Digest(domain.VouchersSeparator));
            Assert.Equal(
                RefusalReason.SignerWrong,
                Sample.Check(Sample.Context(signature: signature)));
        }
    }

    [Fact]
    public void ZeroSignature_Refused()
    {
        Assert.Equal(
            RefusalReason.SignatureMalformed,
            Sample.Check(Sample.Context(signature: default(Signature))));
    }

    [Fact]
    public void ReplayWithAForeignSignature_Refused()
    {
        Signature other = Sample.OtherKey.Sign(
            Sample.Order.Digest(Sample.Domain.VouchersSeparator));
        ChannelView channel = Sample.Channel with { SequenceUse = SequenceUse.Same };
        Assert.Equal(
            RefusalReason.SignerWrong,
            Sample.Check(Sample.Context(channel: channel, signature: other)));
    }

    [Fact]
    public void EveryBitOfASignedOrder_Flipped_NeverAccepted()
    {
        // V3: 225 bytes, 1,800 flips an order.
        for (ulong seq = 0; seq < 6; seq++)
        {
            Order order = Sample.Order with { Seq = seq, MaxUnits = 100 + seq };
            byte[] good = SignedPayload.Encode(
                order,
                Sample.SpendKey.Sign(order.Digest(Sample.Domain.VouchersSeparator)));
            for (int bit = 0; bit < good.Length * 8; bit++)
            {
                byte[] bad = (byte[])good.Clone();
                bad[bit / 8] ^= (byte)(1 << (bit % 8));
                if (SignedPayload.Decode(bad, out Order read, out Signature signature)
                    == RefusalReason.None)
                {
                    RefusalReason reason = SignedPayload.CheckSigner(
                        read.HashStruct(),
                        signature,
                        Sample.Domain.VouchersSeparator,
                        Sample.SpendKey.Address);
                    Assert.NotEqual(RefusalReason.None, reason);
                }
            }
        }
    }
}
