using System;
using System.Globalization;
using System.Text.Json;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>The two encodings of the JSON-RPC specification, read strictly: a QUANTITY is 0x and
/// digits, DATA is 0x and an even number of digits.</summary>
internal static class JsonScalar
{
    public static ulong ReadUInt64(JsonElement value, string name)
    {
        ReadOnlySpan<char> digits = Quantity(value, name);
        return ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, null, out ulong number)
            ? number
            : throw Malformed(name, "quantity above 2^64 - 1");
    }

    public static uint ReadUInt32(JsonElement value, string name)
    {
        ulong number = ReadUInt64(value, name);
        return number <= uint.MaxValue
            ? (uint)number
            : throw Malformed(name, "quantity above 2^32 - 1");
    }

    public static UInt128 ReadUInt128(JsonElement value, string name)
    {
        ReadOnlySpan<char> digits = Quantity(value, name);
        return UInt128.TryParse(digits, NumberStyles.AllowHexSpecifier, null, out UInt128 number)
            ? number
            : throw Malformed(name, "quantity above 2^128 - 1");
    }

    public static UInt256 ReadUInt256(JsonElement value, string name)
    {
        ReadOnlySpan<char> digits = Quantity(value, name);
        if (digits.Length > 64)
        {
            throw Malformed(name, "quantity above 2^256 - 1");
        }

        Span<char> padded = stackalloc char[64];
        padded.Fill('0');
        digits.CopyTo(padded[(64 - digits.Length)..]);
        Span<byte> bytes = stackalloc byte[32];
        return Hex.TryDecode(padded, bytes)
            ? UInt256.FromBigEndian(bytes)
            : throw Malformed(name, "not hexadecimal");
    }

    public static byte[] ReadData(JsonElement value, string name)
    {
        string text = Text(value, name);
        return text.StartsWith("0x", StringComparison.Ordinal)
            && Hex.TryDecode(text, out byte[] bytes)
                ? bytes
                : throw Malformed(name, "not 0x and an even number of digits");
    }

    public static Bytes32 ReadBytes32(JsonElement value, string name)
    {
        string text = Text(value, name);
        return text.Length == 66 && text.StartsWith("0x", StringComparison.Ordinal)
            && Bytes32.TryParse(text, out Bytes32 bytes)
                ? bytes
                : throw Malformed(name, "not 0x and 64 digits");
    }

    public static Address ReadAddress(JsonElement value, string name)
    {
        // Nodes write lower case; a mixed-case one has to be right, which TryParse checks.
        string text = Text(value, name);
        return text.Length == 42 && text.StartsWith("0x", StringComparison.Ordinal)
            && Address.TryParse(text, out Address address)
                ? address
                : throw Malformed(name, "not an address");
    }

    public static bool ReadBoolean(JsonElement value, string name) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Malformed(name, "neither true nor false"),
    };

    public static JsonElement Member(JsonElement container, string name)
    {
        return container.ValueKind == JsonValueKind.Object
            && container.TryGetProperty(name, out JsonElement value)
                ? value
                : throw Malformed(name, "missing");
    }

    /// <summary>Absent and null read the same.</summary>
    public static bool TryMember(JsonElement container, string name, out JsonElement value)
    {
        value = default;
        return container.ValueKind == JsonValueKind.Object
            && container.TryGetProperty(name, out value)
            && value.ValueKind != JsonValueKind.Null;
    }

    public static ChainException Malformed(string name, string what) =>
        new(ChainFault.Malformed, $"{name}: {what}");

    private static ReadOnlySpan<char> Quantity(JsonElement value, string name)
    {
        string text = Text(value, name);
        if (text.Length < 3 || !text.StartsWith("0x", StringComparison.Ordinal))
        {
            throw Malformed(name, "not a quantity (0x and digits)");
        }

        foreach (char digit in text.AsSpan(2))
        {
            if (!char.IsAsciiHexDigit(digit))
            {
                throw Malformed(name, "not hexadecimal");
            }
        }

        // Against the specification some nodes pad: the number is the same.
        ReadOnlySpan<char> digits = text.AsSpan(2).TrimStart('0');
        return digits.IsEmpty ? "0" : digits;
    }

    private static string Text(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw Malformed(name, $"{value.ValueKind} where a string is wanted");
}
