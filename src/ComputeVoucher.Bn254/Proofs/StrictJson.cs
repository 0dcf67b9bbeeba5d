using System;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace ComputeVoucher.Bn254;

/// <summary>snarkjs' JSON: numbers are decimal text without leading zeros, points have a third
/// coordinate 1, every member stands there once and no other does.</summary>
internal static class StrictJson
{
    /// <summary>2^256 − 1 has 78 digits; longer text is refused before it costs anything.</summary>
    private const int DigitsMax = 78;

    private static readonly JsonDocumentOptions s_strict = new()
    {
        AllowDuplicateProperties = false,
        MaxDepth = 8,
    };

    private static ReadOnlySpan<byte> Protocol => "groth16"u8;

    /// <summary>What snarkjs calls BN254.</summary>
    private static ReadOnlySpan<byte> Curve => "bn128"u8;

    /// <exception cref="ProofException">Not JSON, or a member twice.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json, s_strict);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw new ProofException($"not JSON: {failure.Message}", failure);
        }
    }

    /// <exception cref="ProofException">One is missing, or there are others.</exception>
    public static void RequireMembers(JsonElement root, params ReadOnlySpan<string> names)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new ProofException("not a JSON object");
        }

        foreach (string name in names)
        {
            if (!root.TryGetProperty(name, out _))
            {
                throw new ProofException($"{name} is missing");
            }
        }

        if (root.GetPropertyCount() != names.Length)
        {
            throw new ProofException("there are members that are not wanted");
        }
    }

    public static void RequireSystem(JsonElement root)
    {
        if (!Text(root.GetProperty("protocol")).SequenceEqual(Protocol)
            || !Text(root.GetProperty("curve")).SequenceEqual(Curve))
        {
            throw new ProofException("protocol groth16 on curve bn128 is wanted");
        }
    }

    public static void WriteSystem(Utf8JsonWriter writer)
    {
        writer.WriteString("protocol", Protocol);
        writer.WriteString("curve", Curve);
    }

    /// <summary>A point of G1 that is not infinity.</summary>
    public static AffinePoint<Fp> G1(JsonElement root, string name) =>
        G1Of(root.GetProperty(name), name);

    public static AffinePoint<Fp> G1Of(JsonElement value, string name)
    {
        JsonElement[] parts = Array(value, 3, name);
        AffinePoint<Fp> point = new(Coordinate(parts[0], name), Coordinate(parts[1], name));
        return Text(parts[2]).SequenceEqual("1"u8) && point.IsOnCurve
            ? point
            : throw new ProofException($"{name}: not a point of the curve");
    }

    /// <summary>A point of G2 that is not infinity, of the subgroup.</summary>
    public static AffinePoint<Fp2> G2(JsonElement root, string name)
    {
        JsonElement[] parts = Array(root.GetProperty(name), 3, name);
        JsonElement[] z = Array(parts[2], 2, name);
        AffinePoint<Fp2> point = new(Pair(parts[0], name), Pair(parts[1], name));
        if (!Text(z[0]).SequenceEqual("1"u8) || !Text(z[1]).SequenceEqual("0"u8)
            || !point.IsOnCurve)
        {
            throw new ProofException($"{name}: not a point of the twist");
        }

        return Twist.IsInSubgroup(point)
            ? point
            : throw new ProofException($"{name}: a point of the twist outside the subgroup");
    }

    public static void Write(Utf8JsonWriter writer, string name, in AffinePoint<Fp> point)
    {
        writer.WritePropertyName(name);
        Write(writer, point);
    }

    public static void Write(Utf8JsonWriter writer, in AffinePoint<Fp> point)
    {
        writer.WriteStartArray();
        WriteCoordinate(writer, point.X);
        WriteCoordinate(writer, point.Y);
        WriteCoordinate(writer, Fp.One);
        writer.WriteEndArray();
    }

    public static void Write(Utf8JsonWriter writer, string name, in Fp12 value)
    {
        writer.WriteStartArray(name);
        Write(writer, value.C0);
        Write(writer, value.C1);
        writer.WriteEndArray();
    }

    public static void Write(Utf8JsonWriter writer, string name, in AffinePoint<Fp2> point)
    {
        writer.WriteStartArray(name);
        WritePair(writer, point.X);
        WritePair(writer, point.Y);
        WritePair(writer, Fp2.One);
        writer.WriteEndArray();
    }

    /// <summary>A decimal number of 32 bytes.</summary>
    /// <returns>False for anything but its one spelling.</returns>
    public static bool TryNumber(JsonElement value, Span<byte> bigEndian)
    {
        ReadOnlySpan<byte> text = Text(value);
        if (text.Length is 0 or > DigitsMax || (text.Length > 1 && text[0] == '0')
            || text.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        Span<char> digits = stackalloc char[text.Length];
        for (int i = 0; i < digits.Length; i++)
        {
            digits[i] = (char)text[i];
        }

        BigInteger number = BigInteger.Parse(
            digits, NumberStyles.None, CultureInfo.InvariantCulture);
        int size = number.GetByteCount(isUnsigned: true);
        if (size > bigEndian.Length)
        {
            return false;
        }

        bigEndian.Clear();
        return number.TryWriteBytes(bigEndian[^size..], out _, isUnsigned: true, isBigEndian: true);
    }

    public static string Decimal(ReadOnlySpan<byte> bigEndian) =>
        new BigInteger(bigEndian, isUnsigned: true, isBigEndian: true)
            .ToString(CultureInfo.InvariantCulture);

    /// <summary>Exactly so many values, before they are looked at.</summary>
    public static JsonElement[] Array(JsonElement value, int length, string name)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() != length)
        {
            throw new ProofException($"{name}: a list of {length} is wanted");
        }

        JsonElement[] parts = new JsonElement[length];
        for (int i = 0; i < length; i++)
        {
            parts[i] = value[i];
        }

        return parts;
    }

    /// <summary>A text as it stands between its quotes, so an escaped digit is none; empty for
    /// anything else.</summary>
    private static ReadOnlySpan<byte> Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.String
            ? JsonMarshal.GetRawUtf8Value(value)[1..^1]
            : default;

    private static Fp Coordinate(JsonElement value, string name)
    {
        Span<byte> bytes = stackalloc byte[Fp.Size];
        return TryNumber(value, bytes) && Fp.TryRead(bytes, out Fp coordinate)
            ? coordinate
            : throw new ProofException($"{name}: a coordinate is not a decimal number below q");
    }

    private static Fp2 Pair(JsonElement value, string name)
    {
        JsonElement[] parts = Array(value, 2, name);
        return new Fp2(Coordinate(parts[0], name), Coordinate(parts[1], name));
    }

    private static void Write(Utf8JsonWriter writer, in Fp6 value)
    {
        writer.WriteStartArray();
        WritePair(writer, value.C0);
        WritePair(writer, value.C1);
        WritePair(writer, value.C2);
        writer.WriteEndArray();
    }

    private static void WritePair(Utf8JsonWriter writer, in Fp2 value)
    {
        writer.WriteStartArray();
        WriteCoordinate(writer, value.C0);
        WriteCoordinate(writer, value.C1);
        writer.WriteEndArray();
    }

    private static void WriteCoordinate(Utf8JsonWriter writer, in Fp value)
    {
        Span<byte> bytes = stackalloc byte[Fp.Size];
        value.Write(bytes);
        writer.WriteStringValue(Decimal(bytes));
    }
}
