using System;
using System.Collections.Generic;
using System.IO.Hashing;
using ComputeVoucher.Ledger.Internal;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Ledger.Tests;

public sealed class RowDigestTests
{
    /// <summary>About the lengths at which XxHash128 changes its way, and a long input.</summary>
    public static TheoryData<int> Lengths => [0, 1, 3, 4, 8, 9, 16, 17, 100, 128, 129, 240, 241,
        500, 513, 1_024, 2_000];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void EverySingleBit_ChangesIt(int bodyBytes)
    {
        Prng seeded = new((ulong)bodyBytes);
        byte[][] parts = [seeded.Bytes(32), seeded.Bytes(40), seeded.Bytes(bodyBytes)];
        UInt128 whole = RowDigest.Of(Table.Orders, parts[0], parts[1], parts[2]);
        Assert.NotEqual(whole, RowDigest.Of(Table.Inputs, parts[0], parts[1], parts[2]));
        foreach (byte[] part in parts)
        {
            for (int i = 0; i < part.Length * 8; i++)
            {
                part[i / 8] ^= (byte)(1 << (i % 8));
                Assert.NotEqual(
                    whole, RowDigest.Of(Table.Orders, parts[0], parts[1], parts[2]));
                part[i / 8] ^= (byte)(1 << (i % 8));
            }
        }
    }

    [Fact]
    public void BytesThatMoveBetweenKeySlotAndBody_ChangeIt()
    {
        byte[] bytes = new byte[6];
        HashSet<UInt128> seen = [];
        for (int slot = 0; slot <= bytes.Length; slot++)
        {
            for (int body = slot; body <= bytes.Length; body++)
            {
                Assert.True(seen.Add(RowDigest.Of(
                    Table.Orders, bytes.AsSpan(0, slot), bytes.AsSpan(slot, body - slot),
                    bytes.AsSpan(body))));
            }
        }
    }

    [Fact]
    public void ItIsTheHashOfTheDocumentedMessage()
    {
        byte[] message = [2, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 7, 8, 8, 9, 9, 9];
        Assert.Equal(
            XxHash128.HashToUInt128(message),
            RowDigest.Of(Table.Orders, [7], [8, 8], [9, 9, 9]));
    }

    [Fact]
    public void ItAllocatesNothing()
    {
        byte[] body = new byte[150_000];
        _ = RowDigest.Of(Table.Inputs, body.AsSpan(0, 32), [], body);
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = RowDigest.Of(Table.Inputs, body.AsSpan(0, 32), [], body);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
