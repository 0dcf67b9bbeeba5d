using System;
using System.IO;
using System.Text.Json;

namespace ComputeVoucher.Bn254;

/// <summary>The public words of a statement, snarkjs' public.json: a list of decimal numbers.
/// </summary>
public static class PublicWords
{
    /// <summary>More words cost a contract more than 6 million gas (6,150 each).</summary>
    public const int CountMax = 1024;

    /// <summary>Of the JSON: 77 digits, quotes, a comma, and white space.</summary>
    public const int JsonBytesMax = 128 * CountMax;

    /// <exception cref="ProofException">Not such a list, too long, or a word not below r.
    /// </exception>
    public static Scalar[] Parse(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = StrictJson.Parse(json);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Array || root.GetArrayLength() > CountMax)
        {
            throw new ProofException($"a list of at most {CountMax} numbers is wanted");
        }

        Scalar[] words = new Scalar[root.GetArrayLength()];
        Span<byte> bytes = stackalloc byte[Scalar.Size];
        for (int i = 0; i < words.Length; i++)
        {
            if (!StrictJson.TryNumber(root[i], bytes) || !Scalar.TryRead(bytes, out words[i]))
            {
                throw new ProofException($"word {i}: not a decimal number below r");
            }
        }

        return words;
    }

    public static byte[] ToJson(ReadOnlySpan<Scalar> words)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            Span<byte> bytes = stackalloc byte[Scalar.Size];
            writer.WriteStartArray();
            foreach (Scalar word in words)
            {
                word.Write(bytes);
                writer.WriteStringValue(StrictJson.Decimal(bytes));
            }

            writer.WriteEndArray();
        }

        return stream.ToArray();
    }
}
