using System.Collections.Generic;
using System.Text;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Wire.Tests;

/// <summary>Valid byte streams of both sides, every kind in them, and random ones.</summary>
internal static class Streams
{
    public static byte[][] FramesOf(WireRole sender) =>
        sender == WireRole.Client ? Client() : Node();

    /// <summary>A random valid stream: its first frame and up to eight others.</summary>
    public static byte[] Random(Prng prng, WireRole sender)
    {
        byte[][] all = FramesOf(sender);
        var chosen = new List<byte[]> { all[0] };
        for (int count = prng.Below(8); count > 0; count--)
        {
            chosen.Add(all[1 + prng.Below(all.Length - 1)]);
        }

        return Raw.Glue([.. chosen]);
    }

    private static byte[][] Client() =>
    [
        Raw.Hello(1, 3),
        Raw.Order(1, "an order", 1, 2, 3),
        Raw.Order(0xFFFF_FFFF, "o"),
        Raw.Text(7, 2, "ack"),
        Raw.Text(9, 1, "cancel"),
        Raw.Error(0, 500, "going, ça va"),
        Raw.Frame(11, 0, 0, new byte[8]),
        Raw.Frame(12, 0, 0, new byte[8]),
        Raw.Text(13, 3, "trace"),
        Raw.Text(15, 4, "release"),
        Raw.Text(17, 5, "state"),
        Raw.Text(20, 6, "opening"),
        Raw.Text(22, 7, "proof"),
        Raw.Text(24, 8, "offer"),
    ];

    private static byte[][] Node()
    {
        byte[] welcome = new byte[164];
        welcome[0] = welcome[4] = welcome[8] = welcome[12] = 1;
        return
        [
            Raw.Frame(2, 0, 0, welcome),
            Raw.Text(4, 1, "accept"),
            Raw.Frame(5, 0, 1, 1, 0, 0, 0, 9, 9),
            Raw.Frame(5, 1, 1, 2, 0, 0, 0),
            Raw.Text(6, 1, "receipt"),
            Raw.Text(8, 2, "stored"),
            Raw.Error(0, 65281, "text", retryable: true),
            Raw.Error(8, 1, ""),
            Raw.Frame(11, 0, 0, new byte[8]),
            Raw.Frame(12, 0, 0, new byte[8]),
            Raw.Text(14, 3, "root"),
            Raw.Text(16, 4, "release"),
            Raw.Frame(18, 0, 5),
            Raw.Frame(18, 0, 5, Encoding.ASCII.GetBytes(new string('s', 300))),
            Raw.Frame(19, 0, 0),
            Raw.Frame(21, 0, 6),
            Raw.Frame(23, 1, 7, 0, 0, 0, 0, 9),
            Raw.Text(25, 8, "offer"),
        ];
    }
}
