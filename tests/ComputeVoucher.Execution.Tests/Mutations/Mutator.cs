using System;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Execution.Tests.Mutations;

/// <summary>A file with one to three things changed in it, by a seeded draw.</summary>
internal static class Mutator
{
    /// <summary>Changes within the structure, the rest anywhere, in percent.</summary>
    private const int StructurePercent = 80;

    /// <summary>Longest run that is moved, doubled or cut out.</summary>
    private const int RunBytesMax = 64;

    private static readonly ulong[] s_words =
    [
        0, 1, 2, 3, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 1 << 20, 0x7FFF_FFFF, 0x8000_0000,
        0xFFFF_FFFF, 1UL << 32, long.MaxValue, 1UL << 63, ulong.MaxValue,
    ];

    /// <param name="file">Is left as it is.</param>
    /// <param name="structure">Bytes at its beginning that hold lengths, offsets and types.</param>
    /// <param name="numbers">The draw.</param>
    public static byte[] Mutate(byte[] file, int structure, Prng numbers)
    {
        byte[] bytes = [.. file];
        for (int changes = 1 + numbers.Below(3); changes > 0; changes--)
        {
            bytes = Change(bytes, structure, numbers);
        }

        return bytes;
    }

    private static byte[] Change(byte[] bytes, int structure, Prng numbers)
    {
        if (bytes.Length < 2 * RunBytesMax)
        {
            return bytes;
        }

        int room = bytes.Length - RunBytesMax;
        int at = numbers.Chance(StructurePercent)
            ? numbers.Below(Math.Min(structure, room))
            : numbers.Below(room);
        int other = numbers.Below(Math.Min(structure, room));
        int run = 1 + numbers.Below(RunBytesMax);
        switch (numbers.Below(9))
        {
            case 0 or 1:
                bytes[at] ^= (byte)(1 << numbers.Below(8));
                return bytes;
            case 2:
                bytes[at] = (byte)numbers.Next();
                return bytes;
            case 3 or 4:
                int width = numbers.Chance(50) ? 4 : 8;
                ulong word = s_words[numbers.Below(s_words.Length)];
                BitConverter.GetBytes(word).AsSpan(0, width).CopyTo(bytes.AsSpan(at));
                return bytes;
            case 5:
                bytes.AsSpan(other, run).CopyTo(bytes.AsSpan(at));
                return bytes;
            case 6:
                return [.. bytes[..at], .. bytes[(at + run)..]];
            case 7:
                return [.. bytes[..(at + run)], .. bytes[at..]];
            default:
                return numbers.Chance(30) ? bytes[..(at + 1)] : bytes;
        }
    }
}
