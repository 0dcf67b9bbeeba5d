using System;

namespace ComputeVoucher.Primitives;

/// <summary>Lower-case hexadecimal with a 0x prefix, as Ethereum JSON-RPC writes bytes.</summary>
public static class Hex
{
    /// <summary>"0x" followed by two lower-case digits per byte.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) =>
        "0x" + Convert.ToHexStringLower(bytes);

    /// <summary>Bytes of an even number of hex digits, with or without a 0x prefix.</summary>
    /// <exception cref="FormatException">
    /// An odd number of digits, or a character that is none.
    /// </exception>
    public static byte[] Decode(ReadOnlySpan<char> text) =>
        TryDecode(text, out byte[] bytes)
            ? bytes
            : throw new FormatException("not an even number of hexadecimal digits");

    /// <summary>As <see cref="Decode"/>, without an exception.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        ReadOnlySpan<char> digits = StripPrefix(text);
        bytes = [];
        if (digits.Length % 2 != 0)
        {
            return false;
        }

        byte[] result = new byte[digits.Length / 2];
        if (!TryDecode(digits, result))
        {
            return false;
        }

        bytes = result;
        return true;
    }

    /// <summary>Decodes exactly <c>destination.Length</c> bytes; no allocation.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> destination)
    {
        ReadOnlySpan<char> digits = StripPrefix(text);
        if (digits.Length != 2 * destination.Length)
        {
            return false;
        }

        for (int i = 0; i < destination.Length; i++)
        {
            if (!char.IsAsciiHexDigit(digits[2 * i]) || !char.IsAsciiHexDigit(digits[2 * i + 1]))
            {
                return false;
            }

            destination[i] = (byte)((Nibble(digits[2 * i]) << 4) | Nibble(digits[2 * i + 1]));
        }

        return true;
    }

    private static int Nibble(char c) => c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;

    private static ReadOnlySpan<char> StripPrefix(ReadOnlySpan<char> text) =>
        text is ['0', 'x' or 'X', ..] ? text[2..] : text;
}
