using System;
using System.Buffers.Binary;
using System.Text;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// What a GGUF header is made of, read in order through a window: numbers little endian, texts
/// behind their length. Nothing is allocated for bytes that the file does not have.
/// </summary>
internal sealed class GgufBytes(ByteSource source)
{
    /// <summary>
    /// Header bytes that are read; a vocabulary of 256 thousand words takes 10 MB.
    /// </summary>
    public const long HeaderBytesMax = 64 << 20;

    private const int WindowBytes = 64 << 10;
    private static readonly UTF8Encoding s_utf8 = new(false, throwOnInvalidBytes: true);

    private readonly byte[] _window = new byte[WindowBytes];
    private long _windowStart;
    private int _windowLength;
    private byte[] _text = new byte[256];

    /// <summary>Bytes that were read.</summary>
    public long Position { get; private set; }

    public int Count(string what, int max)
    {
        ulong count = U64();
        return count <= (ulong)max
            ? (int)count
            : throw source.Refuse($"claims {count} {what}, at most {max} are supported");
    }

    public string Text(int bytesMax)
    {
        int length = Length(bytesMax);
        if (length > _text.Length)
        {
            _text = new byte[length];
        }

        Span<byte> bytes = _text.AsSpan(0, length);
        Fill(bytes);
        try
        {
            return s_utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw source.Refuse($"has a string at offset {Position} that is not UTF-8");
        }
    }

    /// <summary>The length of a string whose bytes the file has.</summary>
    public int Length(int bytesMax)
    {
        ulong length = U64();
        if (length > (ulong)bytesMax)
        {
            throw source.Refuse($"has a string of {length} bytes, at most {bytesMax} are " +
                "supported");
        }

        Need((long)length);
        return (int)length;
    }

    public void Skip(long bytes)
    {
        Need(bytes);
        Position += bytes;
    }

    /// <summary>
    /// Refuses before anything is allocated for bytes that the file does not have.
    /// </summary>
    public void Need(long bytes)
    {
        if (bytes > source.Length - Position)
        {
            throw source.Refuse($"is truncated: {bytes} bytes wanted at offset {Position}, " +
                $"the file has {source.Length}; fetch it again");
        }

        if (bytes > HeaderBytesMax - Position)
        {
            throw source.Refuse($"has a header above {HeaderBytesMax} bytes");
        }
    }

    public byte U8()
    {
        Span<byte> b = stackalloc byte[1];
        Fill(b);
        return b[0];
    }

    public uint U32()
    {
        Span<byte> b = stackalloc byte[4];
        Fill(b);
        return BinaryPrimitives.ReadUInt32LittleEndian(b);
    }

    public ulong U64()
    {
        Span<byte> b = stackalloc byte[8];
        Fill(b);
        return BinaryPrimitives.ReadUInt64LittleEndian(b);
    }

    public void Fill(Span<byte> destination)
    {
        Need(destination.Length);
        while (!destination.IsEmpty)
        {
            long inWindow = Position - _windowStart;
            if (inWindow >= _windowLength)
            {
                _windowStart = Position;
                _windowLength = (int)Math.Min(WindowBytes, source.Length - Position);
                source.Read(_windowStart, _window.AsSpan(0, _windowLength));
                inWindow = 0;
            }

            int take = (int)Math.Min(destination.Length, _windowLength - inWindow);
            _window.AsSpan((int)inWindow, take).CopyTo(destination);
            destination = destination[take..];
            Position += take;
        }
    }
}
