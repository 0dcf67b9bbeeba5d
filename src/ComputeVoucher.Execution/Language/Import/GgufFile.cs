using System;
using System.Collections.Generic;
using System.Text;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// One tensor of a GGUF file: where its bytes lie, checked against the file's length.
/// </summary>
/// <remarks>
/// Rows is the slow dimension (1 for a vector), Columns the fast one, contiguous; Offset counts
/// from the start of the file.
/// </remarks>
internal sealed record GgufTensor(
    string Name, GgmlType Type, int Rows, int Columns, long Offset)
{
    /// <summary>Bytes of one row; rows of block formats are whole blocks.</summary>
    public long RowBytes =>
        (long)Columns / GgmlTypes.BlockWeights(Type) * GgmlTypes.BlockBytes(Type);
}

/// <summary>The header of a GGUF v3 file: the values that are used here, and the tensors.</summary>
/// <remarks>
/// A value is read as the one type that llama.cpp reads it as. Another type is a refusal, never
/// the same as an absent value: a file that says something is not run as if it said nothing.
/// </remarks>
internal sealed class GgufFile
{
    public required ByteSource Source { get; init; }

    public required Dictionary<string, GgufValue> Values { get; init; }

    public required Dictionary<string, GgufTensor> Tensors { get; init; }

    /// <summary>Bytes before the tensor data.</summary>
    public required long HeaderBytes { get; init; }

    public GgufTensor? Find(string name) => Tensors.GetValueOrDefault(name);

    public GgufTensor Tensor(string name) => Find(name) ??
        throw Source.Refuse($"has no tensor '{name}'; it is not a whole Llama model");

    public string? Text(string key) => (string?)Get(key, GgufType.Text);

    public bool? Flag(string key) => (bool?)Get(key, GgufType.Bool);

    public uint? Number(string key) => (uint?)Get(key, GgufType.UInt32);

    public float? Real(string key) => (float?)Get(key, GgufType.Float32);

    /// <summary>An array of strings, float32 or int32; null where there is none.</summary>
    public T[]? Array<T>(string key)
    {
        object? content = Get(key, GgufType.Array);
        return content is null or T[]
            ? (T[]?)content
            : throw Source.Refuse($"has {key} as {Values[key]}, which is not of the elements " +
                "that it should have; export it again");
    }

    /// <summary>An integer value; refuses none, and one outside [min, max].</summary>
    public int Integer(string key, int min, int max, int? absent = null)
    {
        long? value = (long?)Number(key) ?? absent;
        if (value is null)
        {
            throw Source.Refuse($"has no integer '{key}'; export the model again");
        }

        return value >= min && value <= max
            ? (int)value.Value
            : throw Source.Refuse($"says {key} = {value}, supported is {min} to {max}");
    }

    /// <summary>A name from a file, fit for one line of an error.</summary>
    public static string Printable(string name)
    {
        const int CharsMax = 64;
        var text = new StringBuilder();
        foreach (char c in name.AsSpan(0, Math.Min(name.Length, CharsMax)))
        {
            text.Append(char.IsControl(c) ? '?' : c);
        }

        return text.ToString();
    }

    private object? Get(string key, GgufType wanted)
    {
        if (!Values.TryGetValue(key, out GgufValue? value))
        {
            return null;
        }

        return value.Type == wanted
            ? value.Content
            : throw Source.Refuse($"has {key} as {value}, {GgufValue.NameOf(wanted)} is wanted; " +
                "export it again");
    }
}
