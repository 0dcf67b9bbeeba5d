using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace ComputeVoucher.Primitives.Tests.Support;

/// <summary>
/// EIP-712 for types that are known only at run time, as JSON: <c>types</c> maps a struct's name to
/// an array of <c>{name, type}</c>. The signed types of this project hash themselves; this is what
/// they are checked against. Values that do not fit their types are a
/// <see cref="FormatException"/>.
/// </summary>
internal static class TypedData
{
    /// <summary>Structs and arrays within each other; the JSON reader's own limit is 64.</summary>
    public const int DepthMax = 32;

    private static readonly (string Name, string Type)[] s_domainFields =
    [
        ("name", "string"), ("version", "string"), ("chainId", "uint256"),
        ("verifyingContract", "address"), ("salt", "bytes32"),
    ];

    /// <summary>What is signed.</summary>
    public static Bytes32 Digest(
        JsonElement types, string primaryType, JsonElement domain, JsonElement message) =>
        Eip712.Digest(DomainSeparator(domain), HashStruct(types, primaryType, message));

    /// <summary>The separator of a domain; its type has the fields that are present.</summary>
    public static Bytes32 DomainSeparator(JsonElement domain)
    {
        (string Name, string Type)[] fields =
            [.. s_domainFields.Where(f => domain.TryGetProperty(f.Name, out _))];
        if (fields.Length != domain.EnumerateObject().Count())
        {
            throw new FormatException("a domain has no such field, or a field twice");
        }

        ArrayBufferWriter<byte> words = new();
        words.Write(Eip712.TypeHash(Signature("EIP712Domain", fields)).Span);
        foreach ((string name, string type) in fields)
        {
            words.Write(Word(default, type, domain.GetProperty(name), 0).Span);
        }

        return Keccak256.Hash(words.WrittenSpan);
    }

    /// <summary>keccak(type hash ‖ encoded members).</summary>
    public static Bytes32 HashStruct(JsonElement types, string primaryType, JsonElement value) =>
        Keccak256.Hash(EncodeStruct(types, primaryType, value));

    /// <summary>Type hash ‖ encoded members: what <see cref="HashStruct"/> hashes.</summary>
    public static byte[] EncodeStruct(JsonElement types, string primaryType, JsonElement value) =>
        EncodeStruct(types, primaryType, value, 0);

    /// <summary>The primary type, then the types that it uses, sorted by name.</summary>
    public static string EncodeType(JsonElement types, string primaryType)
    {
        SortedSet<string> used = new(StringComparer.Ordinal);
        Collect(types, primaryType, used);
        used.Remove(primaryType);
        StringBuilder text = new(Signature(primaryType, Fields(types, primaryType)));
        foreach (string name in used)
        {
            text.Append(Signature(name, Fields(types, name)));
        }

        return text.ToString();
    }

    private static byte[] EncodeStruct(
        JsonElement types, string name, JsonElement value, int depth)
    {
        if (depth > DepthMax)
        {
            throw new FormatException($"typed data nested deeper than {DepthMax}");
        }

        ArrayBufferWriter<byte> words = new();
        words.Write(Eip712.TypeHash(EncodeType(types, name)).Span);
        foreach ((string field, string type) in Fields(types, name))
        {
            if (!value.TryGetProperty(field, out JsonElement member))
            {
                throw new FormatException($"{name} lacks {field}");
            }

            words.Write(Word(types, type, member, depth).Span);
        }

        return words.WrittenSpan.ToArray();
    }

    private static Bytes32 Word(JsonElement types, string type, JsonElement value, int depth)
    {
        if (type.EndsWith(']'))
        {
            return ArrayWord(types, type, value, depth);
        }

        if (IsStruct(types, type))
        {
            return Keccak256.Hash(EncodeStruct(types, type, value, depth + 1));
        }

        return type switch
        {
            "string" => Keccak256.Hash(Encoding.UTF8.GetBytes(Text(value))),
            "bytes" => Keccak256.Hash(Hex.Decode(Text(value))),
            "bool" => ((UInt256)(value.GetBoolean() ? 1UL : 0UL)).ToBytes32(),
            "address" => AddressWord(Text(value)),
            _ when type.StartsWith("bytes", StringComparison.Ordinal) =>
                FixedBytesWord(Hex.Decode(Text(value)), Number(type, "bytes".Length)),
            _ when type.StartsWith("uint", StringComparison.Ordinal) =>
                NumberWord(value, Number(type, "uint".Length), signed: false),
            _ when type.StartsWith("int", StringComparison.Ordinal) =>
                NumberWord(value, Number(type, "int".Length), signed: true),
            _ => throw new FormatException("no such type: " + type),
        };
    }

    private static Bytes32 ArrayWord(JsonElement types, string type, JsonElement value, int depth)
    {
        if (depth > DepthMax)
        {
            throw new FormatException($"typed data nested deeper than {DepthMax}");
        }

        int open = type.LastIndexOf('[');
        string count = type[(open + 1)..^1];
        if (count.Length > 0 && Number(count, 0) != value.GetArrayLength())
        {
            throw new FormatException($"{value.GetArrayLength()} elements for {type}");
        }

        ArrayBufferWriter<byte> words = new();
        foreach (JsonElement element in value.EnumerateArray())
        {
            words.Write(Word(types, type[..open], element, depth + 1).Span);
        }

        return Keccak256.Hash(words.WrittenSpan);
    }

    private static Bytes32 AddressWord(string text)
    {
        Bytes32 word = default;
        Address.Parse(text).CopyTo(((Span<byte>)word)[12..]);
        return word;
    }

    private static Bytes32 FixedBytesWord(byte[] bytes, int length)
    {
        if (bytes.Length != length || length > Bytes32.Size)
        {
            throw new FormatException($"{bytes.Length} bytes for bytes{length}");
        }

        Bytes32 word = default;
        bytes.CopyTo(word);
        return word;
    }

    private static Bytes32 NumberWord(JsonElement value, int bits, bool signed)
    {
        string text = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : Text(value);
        bool negative = text.StartsWith('-');
        BigInteger magnitude = UInt256.Parse(negative ? text.AsSpan(1) : text).ToBigInteger();
        BigInteger limit = BigInteger.One << (signed ? bits - 1 : bits);
        if (bits is < 8 or > 256 || bits % 8 != 0
            || (negative ? !signed || magnitude > limit : magnitude >= limit))
        {
            throw new FormatException($"{text} does not fit {(signed ? "int" : "uint")}{bits}");
        }

        return UInt256.FromBigInteger(
            negative && !magnitude.IsZero ? (BigInteger.One << 256) - magnitude : magnitude)
            .ToBytes32();
    }

    private static void Collect(JsonElement types, string name, SortedSet<string> used)
    {
        if (!used.Add(name))
        {
            return;
        }

        foreach ((_, string type) in Fields(types, name))
        {
            int array = type.IndexOf('[', StringComparison.Ordinal);
            string element = array < 0 ? type : type[..array];
            if (IsStruct(types, element))
            {
                Collect(types, element, used);
            }
        }
    }

    private static bool IsStruct(JsonElement types, string name) =>
        types.ValueKind == JsonValueKind.Object && types.TryGetProperty(name, out _);

    private static (string Name, string Type)[] Fields(JsonElement types, string name) =>
        IsStruct(types, name)
            ? [.. types.GetProperty(name).EnumerateArray().Select(
                f => (Text(f.GetProperty("name")), Text(f.GetProperty("type"))))]
            : throw new FormatException("no such type: " + name);

    private static string Signature(string name, (string Name, string Type)[] fields) =>
        $"{name}({string.Join(',', fields.Select(f => f.Type + " " + f.Name))})";

    private static int Number(string text, int from) =>
        int.TryParse(text.AsSpan(from), NumberStyles.None, CultureInfo.InvariantCulture, out int n)
            ? n
            : throw new FormatException("no such type: " + text);

    private static string Text(JsonElement value) => value.GetString()
        ?? throw new FormatException("null where a string is wanted");
}
