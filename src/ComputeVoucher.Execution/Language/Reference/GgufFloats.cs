using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// A GGUF file as floats, for <c>fidelity</c> alone: written from the text of the format, in the
/// plainest way, and sharing nothing with the importer, so that a file which the importer misreads
/// shows. It keeps account of what was asked for: a tensor or an architecture's key that nobody
/// used fails the comparison.
/// </summary>
internal sealed class GgufFloats : IDisposable
{
    private const int SuperBlock = 256, Block = 32;

    private readonly BinaryReader _reader;
    private readonly Dictionary<string, object> _values = [];
    private readonly Dictionary<string, Place> _tensors = [];
    private readonly HashSet<string> _used = [];

    /// <exception cref="ModelException">Not such a file.</exception>
    public GgufFloats(Stream file)
    {
        _reader = new BinaryReader(file);
        if (_reader.ReadUInt32() != 0x46554747 || _reader.ReadUInt32() != 3)
        {
            throw new ModelException("fidelity reads GGUF of version 3");
        }

        long tensors = _reader.ReadInt64();
        long values = _reader.ReadInt64();
        for (long i = 0; i < values; i++)
        {
            string key = Text();
            _values.Add(key, Value(_reader.ReadUInt32()));
        }

        for (long i = 0; i < tensors; i++)
        {
            string name = Text();
            long[] dims = new long[_reader.ReadUInt32()];
            for (int d = 0; d < dims.Length; d++)
            {
                dims[d] = _reader.ReadInt64();
            }

            _tensors.Add(name, new Place(dims, _reader.ReadUInt32(), _reader.ReadInt64()));
        }

        uint alignment = Number("general.alignment", 32);
        DataStart = (file.Position + alignment - 1) / alignment * alignment;
    }

    private long DataStart { get; }

    public void Dispose() => _reader.Dispose();

    public uint Number(string key, uint? absent = null) => Get(key, absent);

    public float Real(string key, float? absent = null) => Get(key, absent);

    public bool Flag(string key, bool absent) => Get<bool>(key, absent);

    public string Word(string key, string absent)
    {
        _used.Add(key);
        return _values.TryGetValue(key, out object? value) ? (string)value : absent;
    }

    public bool Has(string tensor) => _tensors.ContainsKey(tensor);

    /// <summary>Weights that a tensor has.</summary>
    public long Count(string tensor)
    {
        if (!_tensors.TryGetValue(tensor, out Place? found))
        {
            throw new ModelException($"fidelity finds no tensor {tensor}");
        }

        long count = 1;
        foreach (long dim in found.Dims)
        {
            count = checked(count * dim);
        }

        return count;
    }

    /// <summary>Weights of a tensor, row by row; null where the file has none.</summary>
    public float[]? Find(string name) => Has(name) ? Tensor(name) : null;

    /// <summary>Weights of a tensor, row by row.</summary>
    public float[] Tensor(string name)
    {
        _used.Add(name);
        float[] floats = new float[checked((int)Count(name))];
        (_, uint type, long start) = _tensors[name];
        (int weights, int bytes) = type switch
        {
            0 => (1, 4),
            1 => (1, 2),
            2 => (Block, 18),
            8 => (Block, 34),
            12 => (SuperBlock, 144),
            14 => (SuperBlock, 210),
            _ => throw new ModelException($"fidelity reads no ggml type {type}"),
        };
        _reader.BaseStream.Position = DataStart + start;
        for (int at = 0; at < floats.Length; at += weights)
        {
            Decode(type, Bytes(bytes), floats.AsSpan(at, weights));
        }

        return floats;
    }

    /// <exception cref="ModelException">Something of the model that nothing asked for.</exception>
    public void RequireAllUsed(string architecture)
    {
        foreach (string name in _tensors.Keys)
        {
            Require(_used.Contains(name), "tensor", name);
        }

        foreach (string key in _values.Keys)
        {
            Require(
                _used.Contains(key) || !key.StartsWith(architecture, StringComparison.Ordinal),
                "key", key);
        }
    }

    private static void Require(bool isUsed, string what, string name)
    {
        if (!isUsed)
        {
            throw new ModelException(
                $"fidelity does not know the {what} {name}, and cannot compare without it");
        }
    }

    private T Get<T>(string key, T? absent) where T : struct
    {
        _used.Add(key);
        return _values.TryGetValue(key, out object? value) ? (T)value
            : absent ?? throw new ModelException($"fidelity finds no value {key}");
    }

    private string Text() => Encoding.UTF8.GetString(Bytes(checked((int)_reader.ReadUInt64())));

    private byte[] Bytes(int count) => _reader.ReadBytes(count) is { } bytes
        && bytes.Length == count ? bytes : throw new EndOfStreamException();

    private object Value(uint type) => type switch
    {
        0 => _reader.ReadByte(),
        1 => _reader.ReadSByte(),
        2 => _reader.ReadUInt16(),
        3 => _reader.ReadInt16(),
        4 => _reader.ReadUInt32(),
        5 => _reader.ReadInt32(),
        6 => _reader.ReadSingle(),
        7 => _reader.ReadBoolean(),
        8 => Text(),
        9 => Items(_reader.ReadUInt32(), _reader.ReadInt64()),
        10 => _reader.ReadUInt64(),
        11 => _reader.ReadInt64(),
        12 => _reader.ReadDouble(),
        _ => throw new ModelException($"fidelity reads no value of type {type}"),
    };

    /// <summary>Arrays hold vocabularies, which no arithmetic needs: passed over.</summary>
    private long Items(uint type, long count)
    {
        for (long i = 0; i < count; i++)
        {
            _ = Value(type);
        }

        return count;
    }

    private static float Half(byte[] block, int at) => (float)BitConverter.ToHalf(block, at);

    private static void Decode(uint type, byte[] block, Span<float> x)
    {
        switch (type)
        {
            case 0:
                x[0] = BitConverter.ToSingle(block);
                break;
            case 1:
                x[0] = Half(block, 0);
                break;
            case 2:
                for (int i = 0; i < Block; i++)
                {
                    int nibble = i < 16 ? block[2 + i] & 15 : block[2 + i - 16] >> 4;
                    x[i] = Half(block, 0) * (nibble - 8);
                }

                break;
            case 8:
                for (int i = 0; i < Block; i++)
                {
                    x[i] = Half(block, 0) * (sbyte)block[2 + i];
                }

                break;
            case 12:
                DecodeQ4K(block, x);
                break;
            default:
                DecodeQ6K(block, x);
                break;
        }
    }

    /// <summary>
    /// f16 d, f16 dmin, 12 bytes of 6-bit scales and minima of eight groups of 32, 128 bytes of
    /// nibbles: x = d · scale · q − dmin · min.
    /// </summary>
    private static void DecodeQ4K(byte[] block, Span<float> x)
    {
        for (int group = 0; group < 8; group++)
        {
            int low = group % 4;
            int scale = block[4 + low] & 63;
            int min = block[8 + low] & 63;
            if (group >= 4)
            {
                scale = (block[12 + low] & 15) + ((block[4 + low] >> 6) << 4);
                min = (block[12 + low] >> 4) + ((block[8 + low] >> 6) << 4);
            }

            for (int i = 0; i < 32; i++)
            {
                int pair = block[16 + group / 2 * 32 + i];
                int q = group % 2 == 0 ? pair & 15 : pair >> 4;
                x[group * 32 + i] = Half(block, 0) * scale * q - Half(block, 2) * min;
            }
        }
    }

    /// <summary>
    /// 128 bytes of low nibbles, 64 of high pairs of bits, 16 int8 scales of groups of 16, f16 d:
    /// x = d · scale · (q − 32).
    /// </summary>
    private static void DecodeQ6K(byte[] block, Span<float> x)
    {
        for (int i = 0; i < SuperBlock; i++)
        {
            int half = i / 128;
            int row = i % 128 / 32;
            int column = i % 32;
            int low = block[half * 64 + row % 2 * 32 + column];
            int high = block[128 + half * 32 + column] >> (2 * row);
            int q = (row < 2 ? low & 15 : low >> 4) + ((high & 3) << 4);
            x[i] = Half(block, 208) * (sbyte)block[192 + i / 16] * (q - 32);
        }
    }

    private sealed record Place(long[] Dims, uint Type, long At);
}
