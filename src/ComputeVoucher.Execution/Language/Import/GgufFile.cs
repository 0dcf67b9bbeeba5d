using System.Collections.Generic;

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
internal sealed class GgufFile
{
    public required ByteSource Source { get; init; }

    /// <summary>Scalars widened: bool and integers to long, floats to double; strings.</summary>
    public required Dictionary<string, object> Values { get; init; }

    public required Dictionary<string, GgufTensor> Tensors { get; init; }

    /// <summary>Bytes before the tensor data.</summary>
    public required long HeaderBytes { get; init; }

    public GgufTensor? Find(string name) => Tensors.GetValueOrDefault(name);

    public GgufTensor Tensor(string name) => Find(name) ??
        throw Source.Refuse($"has no tensor '{name}'; it is not a whole Llama model");

    public string? Text(string key) => Values.GetValueOrDefault(key) as string;

    public T[]? Array<T>(string key) => Values.GetValueOrDefault(key) as T[];

    /// <summary>An integer value; refuses one outside [min, max].</summary>
    public long Integer(string key, long min, long max, long? absent = null)
    {
        long? value = Values.GetValueOrDefault(key) as long? ?? absent;
        if (value is null)
        {
            throw Source.Refuse($"has no integer '{key}'; export the model again");
        }

        return value >= min && value <= max
            ? value.Value
            : throw Source.Refuse($"says {key} = {value}, supported is {min} to {max}");
    }

    public double Real(string key, double absent) =>
        Values.GetValueOrDefault(key) as double? ?? absent;
}
