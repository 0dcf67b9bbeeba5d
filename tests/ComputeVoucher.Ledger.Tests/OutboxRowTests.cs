using System;
using System.Linq;
using ComputeVoucher.Ledger.Internal;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>Rows of the outbox: one entry, one encoding, nothing else read.</summary>
public sealed class OutboxRowTests
{
    /// <summary>Bytes before the request's first length: all of them are judged bit by bit.
    /// </summary>
    private const int FixedBytes = 3 + 20 + 8 + 8 + 32 + 32 + 20 + 16 + 8 + 16 + 16 + 32 + 20;

    private static readonly int s_entries = Runs.Count(fast: 300, full: 5_000);

    public static TheoryData<ulong> Seeds => Runs.Seeds(20261126);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void RandomEntries_ComeBackWhole(ulong seed)
    {
        Prng random = new(seed);
        for (int i = 0; i < s_entries; i++)
        {
            OutboxEntry entry = OutboxDraft.Entry(random) with { Id = i };
            OutboxEntry read = OutboxRows.Decode(OutboxRows.Key(i), OutboxRows.Encode(entry));
            AssertSame(entry, read);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void RandomEntries_CutOrFlipped_AreRefusedOrAnotherEntry(ulong seed)
    {
        Prng random = new(seed);
        int refused = 0;
        int others = 0;
        for (int i = 0; i < s_entries / 10; i++)
        {
            byte[] row = OutboxRows.Encode(OutboxDraft.Entry(random));
            for (int length = 0; length < row.Length; length++)
            {
                byte[] cut = row[..length];
                Assert.Throws<FormatException>(() => OutboxRows.Decode(OutboxRows.Key(1), cut));
            }

            for (int at = 0; at < row.Length; at++)
            {
                byte[] flipped = [.. row];
                flipped[at] ^= (byte)(1 << random.Below(8));
                bool isRead = IsReadBackAsItIs(flipped);
                refused += isRead ? 0 : 1;
                others += isRead ? 1 : 0;
            }
        }

        Assert.True(refused > 0 && others > 0, $"{refused} refused, {others} read");
    }

    [Fact]
    public void EveryBitOfTheFixedPart_IsRefusedOrAnotherEntry()
    {
        byte[] row = OutboxRows.Encode(OutboxDraft.Entry(new Prng(7)));
        for (int bit = 0; bit < FixedBytes * 8; bit++)
        {
            byte[] flipped = [.. row];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            IsReadBackAsItIs(flipped);
        }
    }

    [Fact]
    public void OneByteMoreOrAKeyOfAnotherLength_IsRefused()
    {
        byte[] row = OutboxRows.Encode(OutboxDraft.Entry(new Prng(8)));
        Assert.Throws<FormatException>(
            () => OutboxRows.Decode(OutboxRows.Key(1), (byte[])[.. row, 0]));
        Assert.Throws<FormatException>(() => OutboxRows.Decode(new byte[7], row));
    }

    /// <summary>An encoding that is read is that of what was read: so a changed byte is a changed
    /// entry.</summary>
    private static bool IsReadBackAsItIs(byte[] row)
    {
        try
        {
            Assert.Equal(row, OutboxRows.Encode(OutboxRows.Decode(OutboxRows.Key(1), row)));
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static void AssertSame(OutboxEntry expected, OutboxEntry read)
    {
        Assert.Equal(expected.Request.Data, read.Request.Data);
        Assert.Equal(expected.Request.Purpose?.ClassId, read.Request.Purpose?.ClassId);
        Assert.Equal(expected.Request.Purpose?.Channels, read.Request.Purpose?.Channels);
        Assert.Equal(
            expected.Request with { Data = [], Purpose = null },
            read.Request with { Data = [], Purpose = null });
        Assert.Equal(
            expected.Attempts.Select(a => (a with { Raw = default }, Keccak256.Hash(a.Raw.Span))),
            read.Attempts.Select(a => (a with { Raw = default }, Keccak256.Hash(a.Raw.Span))));
        Assert.Equal(
            expected with { Request = read.Request, Attempts = read.Attempts }, read);
    }
}
