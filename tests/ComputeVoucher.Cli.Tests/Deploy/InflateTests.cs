using System;
using System.IO;
using System.IO.Compression;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>The reader of the contracts' creation code against the library's writer.</summary>
public sealed class InflateTests
{
    private const int BytesMax = 1 << 16;

    /// <summary>Stored, fixed and dynamic blocks; noise, runs, and what is like code.
    /// </summary>
    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Fastest)]
    [InlineData(CompressionLevel.SmallestSize)]
    public void Read_WhatTheLibraryWrote_IsTheSame(CompressionLevel level)
    {
        Prng numbers = new(20_261_127);
        for (int i = 0; i < Runs.Count(300, 20_000); i++)
        {
            byte[] data = Some(numbers, numbers.Between(1, i % 4 == 0 ? 20_000 : 60));
            Assert.Equal(data, Inflate.Read(Deflate(data, level), BytesMax));
        }
    }

    /// <summary>Damage gives other bytes or one exception, and never more than was allowed.
    /// </summary>
    [Fact]
    public void Read_Damaged_ThrowsOneKindOrEnds()
    {
        Prng numbers = new(20_261_128);
        for (int i = 0; i < Runs.Count(2_000, 200_000); i++)
        {
            byte[] packed = Deflate(
                Some(numbers, numbers.Between(1, 2_000)), CompressionLevel.SmallestSize);
            packed[numbers.Between(0, packed.Length - 1)] ^= (byte)numbers.Between(1, 255);
            packed = packed[..numbers.Between(1, packed.Length)];
            try
            {
                Assert.InRange(Inflate.Read(packed, 4_096).Length, 0, 4_096);
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    [Fact]
    public void Read_LongerThanAllowed_IsRefused()
    {
        byte[] packed = Deflate(new byte[1_000], CompressionLevel.Fastest);
        Assert.Throws<InvalidDataException>(() => Inflate.Read(packed, 999));
        Assert.Equal(1_000, Inflate.Read(packed, 1_000).Length);
    }

    /// <summary>Noise, runs and repetitions mixed.</summary>
    private static byte[] Some(Prng numbers, int length)
    {
        byte[] data = new byte[length];
        for (int at = 0; at < length;)
        {
            int count = Math.Min(length - at, numbers.Between(1, 400));
            switch (numbers.Between(0, 2))
            {
                case 0:
                    numbers.Bytes(count).CopyTo(data, at);
                    break;
                case 1:
                    data.AsSpan(at, count).Fill((byte)numbers.Between(0, 255));
                    break;
                default:
                    int from = numbers.Between(0, at);
                    data.AsSpan(from, Math.Min(count, at - from)).CopyTo(data.AsSpan(at));
                    break;
            }

            at += count;
        }

        return data;
    }

    private static byte[] Deflate(byte[] data, CompressionLevel level)
    {
        using MemoryStream packed = new();
        using (DeflateStream writer = new(packed, level))
        {
            writer.Write(data);
        }

        return packed.ToArray();
    }
}
