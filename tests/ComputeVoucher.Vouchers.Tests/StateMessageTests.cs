using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers.Tests;

public sealed class StateMessageTests
{
    [Fact]
    public void Decode_Encoded_Same()
    {
        using PrivateKey key = PrivateKey.FromBytes(Keccak256.Hash("key"u8).Span);
        Ack ack = new(Keccak256.Hash("c"u8), 12, 3);
        byte[] ackSigned = SignedPayload.Encode(ack, key.Sign(ack.Digest(default)));
        Order order = new(ack.Channel, 3, default, default, 9, 1, OrderFlags.None, default);
        byte[] orderSigned = SignedPayload.Encode(order, key.Sign(order.Digest(default)));
        Receipt receipt = new(order.HashStruct(), 1, default, default, 9);
        byte[] receiptSigned = SignedPayload.Encode(receipt, key.Sign(receipt.Digest(default)));
        StateMessage state = new(ack, ackSigned, 17,
            [new StateMessage.Entry(orderSigned, receiptSigned),
                new StateMessage.Entry(orderSigned, default)]);

        StateMessage read = StateMessage.Decode(state.Encode());

        Assert.Equal(ack, read.Ack);
        Assert.Equal(ackSigned, read.AckSigned);
        Assert.Equal(17UL, read.NextSeq);
        Assert.Equal(2, read.Entries.Count);
        Assert.Equal(receiptSigned, read.Entries[0].ReceiptSigned.ToArray());
        Assert.True(read.Entries[1].ReceiptSigned.IsEmpty);
    }

    [Fact]
    public void Decode_EveryOtherLength_Refused()
    {
        byte[] whole = new StateMessage(default, null, 0, []).Encode();
        Assert.Null(StateMessage.Decode(whole).AckSigned);
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Throws<FormatException>(() => StateMessage.Decode(whole.AsMemory(0, length)));
        }

        whole[^1] = 1;
        Assert.Throws<FormatException>(() => StateMessage.Decode(whole));
        whole[^4] = 0xff;
        Assert.Throws<FormatException>(() => StateMessage.Decode(whole));
    }
}
