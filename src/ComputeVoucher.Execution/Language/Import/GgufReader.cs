using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

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

    /// <summary>
    /// Header bytes kept in memory; a vocabulary of 256 thousand words takes 10 MB.
    /// </summary>
    public const long HeaderBytesMax = 64 << 20;

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

    private const int WindowBytes = 64 << 10;
    private const uint Version = 3;
    private const uint TypeString = 8;
    private const uint TypeArray = 9;
    private static readonly UTF8Encoding s_utf8 = new(false, throwOnInvalidBytes: true);

    private readonly ByteSource _source;
    private readonly byte[] _window = new byte[WindowBytes];
    private long _windowStart;
    private int _windowLength;
    private long _position;

    private GgufReader(ByteSource source) => _source = source;

    public static bool Looks(ReadOnlySpan<byte> start) =>
        start.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(start) == Magic;

    /// <exception cref="ModelException">Anything but such a header within the limits.</exception>
    public static GgufFile Read(ByteSource source) => new GgufReader(source).ReadFile();

    private GgufFile ReadFile()
    {
        if (ReadU32() != Magic)
        {
            throw _source.Refuse("does not start with 'GGUF'; give a GGUF v3 file");
        }

        uint version = ReadU32();
        if (version != Version)
        {
            throw _source.Refuse($"is GGUF version {version}, supported is 3; convert it");
        }

        int tensors = ReadCount("tensors", TensorsMax);
        int keys = ReadCount("keys", KeysMax);
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        for (int i = 0; i < keys; i++)
        {
            string key = ReadString(NameBytesMax);
            if (!values.TryAdd(key, ReadValue(ReadU32())))
            {
                throw _source.Refuse($"has the key '{Printable(key)}' twice; export it again");
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
        Dictionary<string, object> values,
        List<(string Name, GgmlType Type, int Rows, int Columns, long Offset)> infos)
    {
        long alignment = values.GetValueOrDefault("general.alignment") as long? ?? 32;
        if (alignment is < 8 or > 65_536 || (alignment & (alignment - 1)) != 0)
        {
            throw _source.Refuse($"says general.alignment = {alignment}; export it again");
        }

        long data = (_position + alignment - 1) / alignment * alignment;
        var tensors = new Dictionary<string, GgufTensor>(StringComparer.Ordinal);
        foreach ((string name, GgmlType type, int rows, int columns, long offset) in infos)
        {
            var tensor = new GgufTensor(name, type, rows, columns, 0);
            if (GgmlTypes.IsKnown(type))
            {
                long bytes = checked(tensor.RowBytes * rows);
                if (offset % alignment != 0 || data > _source.Length ||
                    bytes > _source.Length - data || offset > _source.Length - data - bytes)
                {
                    throw _source.Refuse($"ends before tensor '{Printable(name)}' does " +
                        $"({bytes} bytes at {offset} of the data); fetch the file again");
                }

                tensor = tensor with { Offset = data + offset };
            }

            if (!tensors.TryAdd(name, tensor))
            {
                throw _source.Refuse($"has the tensor '{Printable(name)}' twice");
            }
        }

        return new GgufFile
        {
            Source = _source,
            Values = values,
            Tensors = tensors,
            HeaderBytes = _position,
        };
    }

    private (string Name, GgmlType Type, int Rows, int Columns, long Offset) ReadTensorInfo()
    {
        string name = ReadString(NameBytesMax);
        uint rank = ReadU32();
        if (rank is 0 or > 4)
        {
            throw _source.Refuse($"gives tensor '{Printable(name)}' {rank} dimensions");
        }

        ulong columns = ReadU64();
        ulong rows = 1;
        for (uint d = 1; d < rank; d++)
        {
            ulong extent = ReadU64();
            if (extent is 0 or > int.MaxValue || rows > int.MaxValue / extent)
            {
                throw _source.Refuse($"gives tensor '{Printable(name)}' a dimension {extent}");
            }

            rows *= extent;
        }

        var type = (GgmlType)ReadU32();
        ulong offset = ReadU64();
        int block = GgmlTypes.BlockWeights(type);
        if (columns is 0 or > int.MaxValue || offset > long.MaxValue ||
            (GgmlTypes.IsKnown(type) && columns % (ulong)block != 0))
        {
            throw _source.Refuse($"gives tensor '{Printable(name)}' rows of {columns} weights, " +
                $"which is no multiple of {block}; quantize it to another format");
        }

        return (name, type, (int)rows, (int)columns, (long)offset);
    }

    private object ReadValue(uint type) => type switch
    {
        0 => (long)ReadByte(),
        1 => (long)(sbyte)ReadByte(),
        2 => (long)ReadU16(),
        3 => (long)(short)ReadU16(),
        4 => (long)ReadU32(),
        5 => (long)(int)ReadU32(),
        6 => (double)BitConverter.UInt32BitsToSingle(ReadU32()),
        7 => ReadByte() is byte b && b <= 1 ? (long)b : throw _source.Refuse("has a bool of " + b),
        TypeString => ReadString(StringBytesMax),
        TypeArray => ReadArray(),
        10 or 11 => unchecked((long)ReadU64()),
        12 => BitConverter.UInt64BitsToDouble(ReadU64()),
        _ => throw _source.Refuse($"has a value of unknown type {type}; export it again"),
    };

    private object ReadArray()
    {
        uint type = ReadU32();
        int count = ReadCount("array elements", ArrayElementsMax);
        switch (type)
        {
            case TypeString:
                // A string takes 8 bytes in the file at least: the count is bounded by the file.
                Need(8L * count);
                var texts = new string[count];
                for (int i = 0; i < count; i++)
                {
                    texts[i] = ReadString(StringBytesMax);
                }

                return texts;
            case 6 or 12:
                Need(4L * count);
                var reals = new double[count];
                for (int i = 0; i < count; i++)
                {
                    reals[i] = (double)ReadValue(type);
                }

                return reals;
            case <= 5 or 7 or 10 or 11:
                Need(count);
                var integers = new long[count];
                for (int i = 0; i < count; i++)
                {
                    integers[i] = (long)ReadValue(type);
                }

                return integers;
            default:
                throw _source.Refuse($"has an array of type {type}; export the model again");
        }
    }

    private int ReadCount(string what, int max)
    {
        ulong count = ReadU64();
        return count <= (ulong)max
            ? (int)count
            : throw _source.Refuse($"claims {count} {what}, at most {max} are supported");
    }

    private string ReadString(int bytesMax)
    {
        ulong length = ReadU64();
        if (length > (ulong)bytesMax)
        {
            throw _source.Refuse($"has a string of {length} bytes, at most {bytesMax} are " +
                "supported");
        }

        Need((long)length);
        byte[] bytes = new byte[(int)length];
        ReadBytes(bytes);
        try
        {
            return s_utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw _source.Refuse($"has a string at offset {_position} that is not UTF-8");
        }
    }

    /// <summary>
    /// Refuses before anything is allocated for bytes that the file does not have.
    /// </summary>
    private void Need(long bytes)
    {
        if (bytes > _source.Length - _position)
        {
            throw _source.Refuse($"is truncated: {bytes} bytes wanted at offset {_position}, " +
                $"the file has {_source.Length}; fetch it again");
        }

        if (bytes > HeaderBytesMax - _position)
        {
            throw _source.Refuse($"has a header above {HeaderBytesMax} bytes");
        }
    }

    private byte ReadByte()
    {
        Span<byte> b = stackalloc byte[1];
        ReadBytes(b);
        return b[0];
    }

    private ushort ReadU16()
    {
        Span<byte> b = stackalloc byte[2];
        ReadBytes(b);
        return BinaryPrimitives.ReadUInt16LittleEndian(b);
    }

    private uint ReadU32()
    {
        Span<byte> b = stackalloc byte[4];
        ReadBytes(b);
        return BinaryPrimitives.ReadUInt32LittleEndian(b);
    }

    private ulong ReadU64()
    {
        Span<byte> b = stackalloc byte[8];
        ReadBytes(b);
        return BinaryPrimitives.ReadUInt64LittleEndian(b);
    }

    private void ReadBytes(Span<byte> destination)
    {
        Need(destination.Length);
        while (!destination.IsEmpty)
        {
            long inWindow = _position - _windowStart;
            if (inWindow >= _windowLength)
            {
                _windowStart = _position;
                _windowLength = (int)Math.Min(WindowBytes, _source.Length - _position);
                _source.Read(_windowStart, _window.AsSpan(0, _windowLength));
                inWindow = 0;
            }

            int take = (int)Math.Min(destination.Length, _windowLength - inWindow);
            _window.AsSpan((int)inWindow, take).CopyTo(destination);
            destination = destination[take..];
            _position += take;
        }
    }

    /// <summary>A name from a file, fit for one line of an error.</summary>
    private static string Printable(string name)
    {
        var text = new StringBuilder();
        foreach (char c in name.AsSpan(0, Math.Min(name.Length, 64)))
        {
            text.Append(char.IsControl(c) ? '?' : c);
        }

        return text.ToString();
    }
}
