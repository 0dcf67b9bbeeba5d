using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Reads the header of a GGUF v3 file, as ggml's specification of the format describes it. Total:
/// any bytes give a header or one <see cref="ModelException"/>; memory is bounded by the limits
/// below whatever the file says.
/// </summary>
internal sealed class GgufReader
{
    /// <summary>"GGUF", read as a little-endian number.</summary>
    public const uint Magic = 0x46554747;

    /// <summary>Tensors; a Llama of 200 layers has 1,803.</summary>
    public const int TensorsMax = 16_384;

    /// <summary>Key-value pairs; files in use have below 60.</summary>
    public const int KeysMax = 4_096;

    /// <summary>
    /// Elements of one array; the largest vocabularies in use have 262,144 words.
    /// </summary>
    public const int ArrayElementsMax = 1 << 20;

    /// <summary>Bytes of one string; chat templates reach some ten thousand.</summary>
    public const int StringBytesMax = 1 << 20;

    /// <summary>Bytes of a key or tensor name; the format gives 65,535 and 64.</summary>
    public const int NameBytesMax = 65_535;

    /// <summary>Of tensor data, where the file names none (the format's text).</summary>
    private const long AlignmentDefault = 32;

    private const uint Version = 3;

    private readonly ByteSource _source;
    private readonly GgufBytes _bytes;

    private GgufReader(ByteSource source) =>
        (_source, _bytes) = (source, new GgufBytes(source));

    public static bool Looks(ReadOnlySpan<byte> start) =>
        start.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(start) == Magic;

    /// <exception cref="ModelException">Anything but such a header within the limits.</exception>
    public static GgufFile Read(ByteSource source) => new GgufReader(source).ReadFile();

    private GgufFile ReadFile()
    {
        if (_bytes.U32() != Magic)
        {
            throw _source.Refuse("does not start with 'GGUF'; give a GGUF v3 file");
        }

        uint version = _bytes.U32();
        if (version != Version)
        {
            throw _source.Refuse($"is GGUF version {version}, supported is 3; convert it");
        }

        int tensors = _bytes.Count("tensors", TensorsMax);
        int keys = _bytes.Count("keys", KeysMax);
        var values = new Dictionary<string, GgufValue>(StringComparer.Ordinal);
        for (int i = 0; i < keys; i++)
        {
            string key = _bytes.Text(NameBytesMax);
            if (!values.TryAdd(key, ReadValue(key)))
            {
                throw _source.Refuse(
                    $"has the key '{GgufFile.Printable(key)}' twice; export it again");
            }
        }

        var infos = new List<(string Name, GgmlType Type, int Rows, int Columns, long Offset)>();
        for (int i = 0; i < tensors; i++)
        {
            infos.Add(ReadTensorInfo());
        }

        return Place(values, infos);
    }

    private GgufFile Place(
        Dictionary<string, GgufValue> values,
        List<(string Name, GgmlType Type, int Rows, int Columns, long Offset)> infos)
    {
        var file = new GgufFile
        {
            Source = _source,
            Values = values,
            Tensors = new Dictionary<string, GgufTensor>(StringComparer.Ordinal),
            HeaderBytes = _bytes.Position,
        };
        long alignment = file.Number("general.alignment") ?? AlignmentDefault;
        if (alignment is < 8 or > 65_536 || (alignment & (alignment - 1)) != 0)
        {
            throw _source.Refuse($"says general.alignment = {alignment}; export it again");
        }

        long data = (_bytes.Position + alignment - 1) / alignment * alignment;
        foreach ((string name, GgmlType type, int rows, int columns, long offset) in infos)
        {
            var tensor = new GgufTensor(name, type, rows, columns, 0);
            if (GgmlTypes.IsKnown(type))
            {
                long bytes = tensor.RowBytes <= _source.Length / rows
                    ? tensor.RowBytes * rows
                    : long.MaxValue;
                if (offset % alignment != 0 || data > _source.Length ||
                    bytes > _source.Length - data || offset > _source.Length - data - bytes)
                {
                    throw _source.Refuse($"ends before tensor '{GgufFile.Printable(name)}' does " +
                        $"({bytes} bytes at {offset} of the data); fetch the file again");
                }

                tensor = tensor with { Offset = data + offset };
            }

            if (!file.Tensors.TryAdd(name, tensor))
            {
                throw _source.Refuse($"has the tensor '{GgufFile.Printable(name)}' twice");
            }
        }

        RequireApart(file.Tensors.Values);
        return file;
    }

    /// <summary>
    /// Refuses tensors that share bytes: a small file could ask for any amount of memory.
    /// </summary>
    private void RequireApart(IEnumerable<GgufTensor> tensors)
    {
        List<GgufTensor> placed = [];
        foreach (GgufTensor tensor in tensors)
        {
            if (GgmlTypes.IsKnown(tensor.Type))
            {
                placed.Add(tensor);
            }
        }

        placed.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        for (int i = 1; i < placed.Count; i++)
        {
            GgufTensor before = placed[i - 1];
            if (placed[i].Offset < before.Offset + before.RowBytes * before.Rows)
            {
                throw _source.Refuse(
                    $"has the tensors '{GgufFile.Printable(before.Name)}' and " +
                    $"'{GgufFile.Printable(placed[i].Name)}' in the same bytes; export it again");
            }
        }
    }

    private (string Name, GgmlType Type, int Rows, int Columns, long Offset) ReadTensorInfo()
    {
        string name = _bytes.Text(NameBytesMax);
        uint rank = _bytes.U32();
        if (rank is 0 or > 4)
        {
            throw _source.Refuse($"gives tensor '{GgufFile.Printable(name)}' {rank} dimensions");
        }

        ulong columns = _bytes.U64();
        ulong rows = 1;
        for (uint d = 1; d < rank; d++)
        {
            ulong extent = _bytes.U64();
            if (extent is 0 or > int.MaxValue || rows > int.MaxValue / extent)
            {
                throw _source.Refuse(
                    $"gives tensor '{GgufFile.Printable(name)}' a dimension {extent}");
            }

            rows *= extent;
        }

        var type = (GgmlType)_bytes.U32();
        ulong offset = _bytes.U64();
        int block = GgmlTypes.BlockWeights(type);
        if (columns is 0 or > int.MaxValue || offset > long.MaxValue ||
            (GgmlTypes.IsKnown(type) && columns % (ulong)block != 0))
        {
            throw _source.Refuse($"gives tensor '{GgufFile.Printable(name)}' rows of {columns} " +
                $"weights, which is no multiple of {block}; quantize it to another format");
        }

        return (name, type, (int)rows, (int)columns, (long)offset);
    }

    private GgufValue ReadValue(string key)
    {
        var type = (GgufType)_bytes.U32();
        switch (type)
        {
            case GgufType.Text:
                return new GgufValue(type, default, _bytes.Text(StringBytesMax));
            case GgufType.Array:
                return ReadArray(key);
            case GgufType.UInt32:
                return new GgufValue(type, default, _bytes.U32());
            case GgufType.Float32:
                return new GgufValue(type, default, BitConverter.UInt32BitsToSingle(_bytes.U32()));
            case GgufType.Bool:
                byte flag = _bytes.U8();
                return flag <= 1
                    ? new GgufValue(type, default, flag != 0)
                    : throw _source.Refuse($"has a bool of {flag}");
            default:
                _bytes.Skip(SizeOf(type));
                return new GgufValue(type, default, null);
        }
    }

    /// <summary>Arrays of a vocabulary are kept, all others are only skipped.</summary>
    private GgufValue ReadArray(string key)
    {
        var type = (GgufType)_bytes.U32();
        int count = _bytes.Count("array elements", ArrayElementsMax);
        bool isKept = GgufVocabulary.IsArrayRead(key);
        if (type == GgufType.Text)
        {
            return new GgufValue(GgufType.Array, type, ReadStrings(count, isKept));
        }

        int size = SizeOf(type);
        _bytes.Need((long)size * count);
        if (isKept && type == GgufType.Float32)
        {
            return new GgufValue(GgufType.Array, type, ReadNumbers<float>(count));
        }

        if (isKept && type == GgufType.Int32)
        {
            return new GgufValue(GgufType.Array, type, ReadNumbers<int>(count));
        }

        _bytes.Skip((long)size * count);
        return new GgufValue(GgufType.Array, type, null);
    }

    private string[]? ReadStrings(int count, bool isKept)
    {
        // A string takes 8 bytes in the file at least: the count is bounded by the file.
        _bytes.Need(8L * count);
        string[]? texts = isKept ? new string[count] : null;
        for (int i = 0; i < count; i++)
        {
            if (texts is null)
            {
                _bytes.Skip(_bytes.Length(StringBytesMax));
            }
            else
            {
                texts[i] = _bytes.Text(StringBytesMax);
            }
        }

        return texts;
    }

    private T[] ReadNumbers<T>(int count) where T : unmanaged
    {
        var numbers = new T[count];
        _bytes.Fill(MemoryMarshal.AsBytes(numbers.AsSpan()));
        return numbers;
    }

    private int SizeOf(GgufType type) => GgufValue.BytesOf(type) is > 0 and int bytes
        ? bytes
        : throw _source.Refuse($"has a value of type {(uint)type}, which is not read here; " +
            "export it again");
}
