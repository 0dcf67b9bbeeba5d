using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Call data read by what the compiler says of the function: a second opinion on every
/// encoder, which shares no line with it.</summary>
internal static class DeclaredCall
{
    private const int Word = 32;

    /// <summary>The function's name and its arguments' values in order, structs and arrays
    /// flattened; an array or bytes is preceded by its length. Every byte has to be used once.
    /// </summary>
    public static (string Name, string[] Values) Read(string contract, byte[] data)
    {
        using JsonDocument artifact = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(CompiledContract.OutFolder, contract + ".json")));
        foreach (JsonElement item in artifact.RootElement.GetProperty("abi").EnumerateArray())
        {
            if (item.GetProperty("type").GetString() != "function")
            {
                continue;
            }

            JsonElement[] inputs = [.. item.GetProperty("inputs").EnumerateArray()];
            string name = item.GetProperty("name").GetString()!;
            if (!FunctionSelector.Of($"{name}({string.Join(',', inputs.Select(Type))})")
                .Starts(data))
            {
                continue;
            }

            List<string> values = [];
            int used = Tuple(inputs, data.AsSpan(FunctionSelector.Size), 0, values);
            Assert.Equal(data.Length - FunctionSelector.Size, used);
            return (name, [.. values]);
        }

        throw new InvalidOperationException($"{contract} has no function of this selector");
    }

    /// <summary>Reads one tuple that starts at <paramref name="at"/>; gives the bytes that it and
    /// its tails take.</summary>
    private static int Tuple(
        JsonElement[] members, ReadOnlySpan<byte> data, int at, List<string> values)
    {
        int head = at;
        int end = at + members.Sum(HeadBytes);
        int taken = end - at;
        foreach (JsonElement member in members)
        {
            if (!IsDynamic(member))
            {
                Static(member, data, ref head, values);
                continue;
            }

            int offset = checked((int)Number(data, head));
            Assert.Equal(taken, offset);
            head += Word;
            taken += Dynamic(member, data, at + offset, values);
        }

        Assert.Equal(end, head);
        return taken;
    }

    private static void Static(
        JsonElement type, ReadOnlySpan<byte> data, ref int head, List<string> values)
    {
        if (Kind(type) == "tuple")
        {
            foreach (JsonElement member in Members(type))
            {
                Static(member, data, ref head, values);
            }

            return;
        }

        values.Add(Convert.ToHexStringLower(data.Slice(head, Word)).TrimStart('0'));
        head += Word;
    }

    private static int Dynamic(
        JsonElement type, ReadOnlySpan<byte> data, int at, List<string> values)
    {
        string kind = Kind(type);
        if (kind == "tuple")
        {
            return Tuple(Members(type), data, at, values);
        }

        int count = checked((int)Number(data, at));
        values.Add($"#{count}");
        if (kind == "bytes")
        {
            int padded = (count + Word - 1) / Word * Word;
            values.Add(Convert.ToHexStringLower(data.Slice(at + Word, count)));
            ReadOnlySpan<byte> padding = data[(at + Word + count)..(at + Word + padded)];
            Assert.False(padding.ContainsAnyExcept((byte)0));
            return Word + padded;
        }

        // T[]: its elements are a tuple of so many members.
        JsonElement element = JsonDocument.Parse(
            type.GetRawText().Replace($"\"{kind}\"", $"\"{kind[..^2]}\"")).RootElement;
        return Word + Tuple([.. Enumerable.Repeat(element, count)], data, at + Word, values);
    }

    private static bool IsDynamic(JsonElement type) => Kind(type) is var kind
        && (kind == "bytes" || kind.EndsWith("[]", StringComparison.Ordinal)
            || (kind == "tuple" && Members(type).Any(IsDynamic)));

    private static int HeadBytes(JsonElement type) => IsDynamic(type) ? Word
        : Kind(type) == "tuple" ? Members(type).Sum(HeadBytes) : Word;

    private static string Kind(JsonElement type) => type.GetProperty("type").GetString()!;

    private static JsonElement[] Members(JsonElement type) =>
        [.. type.GetProperty("components").EnumerateArray()];

    private static string Type(JsonElement type) => Kind(type) is var kind
        && kind.StartsWith("tuple", StringComparison.Ordinal)
            ? $"({string.Join(',', Members(type).Select(Type))}){kind["tuple".Length..]}"
            : kind;

    private static UInt128 Number(ReadOnlySpan<byte> data, int at) =>
        UInt256.FromBigEndian(data.Slice(at, Word)).ToUInt128();
}
