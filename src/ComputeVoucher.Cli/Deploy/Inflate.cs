using System;
using System.IO;

namespace ComputeVoucher.Cli;

/// <summary>DEFLATE (RFC 1951) read in one piece: the creation code of the contracts compresses to
/// less than half, and the library's reader would cost more than that saves.</summary>
internal ref struct Inflate
{
    private const int BitsMax = 15;

    /// <summary>Order in which the lengths of the code lengths' code are sent (3.2.7).</summary>
    private static ReadOnlySpan<byte> Order =>
        [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    private readonly ReadOnlySpan<byte> _input;
    private readonly byte[] _output;
    private int _position;
    private int _bits;
    private int _bitCount;
    private int _written;

    private Inflate(ReadOnlySpan<byte> input, int bytesMax)
    {
        _input = input;
        _output = new byte[bytesMax];
    }

    /// <param name="input">The whole stream.</param>
    /// <param name="bytesMax">Of the output.</param>
    /// <exception cref="InvalidDataException">Damaged, or longer than that.</exception>
    public static byte[] Read(ReadOnlySpan<byte> input, int bytesMax)
    {
        Inflate inflate = new(input, bytesMax);
        bool isLast;
        do
        {
            isLast = inflate.Take(1) == 1;
            inflate.ReadBlock(inflate.Take(2));
        }
        while (!isLast);
        return inflate._output[..inflate._written];
    }

    private void ReadBlock(int kind)
    {
        switch (kind)
        {
            case 0:
                ReadStored();
                break;
            case 1:
                ReadCodes(FixedLengths(), FixedDistances());
                break;
            case 2:
                (Code lengths, Code distances) = ReadTables();
                ReadCodes(lengths, distances);
                break;
            default:
                throw Damaged();
        }
    }

    private void ReadStored()
    {
        (_bits, _bitCount) = (0, 0);
        int count = Take(16);
        if ((count ^ 0xffff) != Take(16))
        {
            throw Damaged();
        }

        for (int i = 0; i < count; i++)
        {
            Put((byte)Take(8));
        }
    }

    private void ReadCodes(Code lengths, Code distances)
    {
        while (true)
        {
            int symbol = Next(lengths);
            if (symbol < 256)
            {
                Put((byte)symbol);
                continue;
            }

            if (symbol == 256)
            {
                return;
            }

            int length = Length(symbol - 257);
            int distance = Distance(Next(distances));
            if (distance > _written)
            {
                throw Damaged();
            }

            for (int i = 0; i < length; i++)
            {
                Put(_output[_written - distance]);
            }
        }
    }

    private (Code Lengths, Code Distances) ReadTables()
    {
        int lengths = Take(5) + 257;
        int distances = Take(5) + 1;
        int own = Take(4) + 4;
        byte[] sizes = new byte[19];
        for (int i = 0; i < own; i++)
        {
            sizes[Order[i]] = (byte)Take(3);
        }

        Code code = new(sizes);
        byte[] all = new byte[lengths + distances];
        for (int i = 0; i < all.Length;)
        {
            int symbol = Next(code);
            (byte value, int count) = symbol switch
            {
                < 16 => ((byte)symbol, 1),
                16 => (i > 0 ? all[i - 1] : throw Damaged(), 3 + Take(2)),
                17 => ((byte)0, 3 + Take(3)),
                _ => ((byte)0, 11 + Take(7)),
            };
            if (count > all.Length - i)
            {
                throw Damaged();
            }

            all.AsSpan(i, count).Fill(value);
            i += count;
        }

        return (new Code(all[..lengths]), new Code(all[lengths..]));
    }

    /// <summary>3.2.5: lengths 3 to 258, by groups of four with a bit more each.</summary>
    private int Length(int symbol)
    {
        if (symbol < 8)
        {
            return symbol + 3;
        }

        int extra = (symbol / 4) - 1;
        return symbol switch
        {
            28 => 258,
            > 28 => throw Damaged(),
            _ => 3 + ((4 + (symbol % 4)) << extra) + Take(extra),
        };
    }

    /// <summary>3.2.5: distances 1 to 32,768, by groups of two with a bit more each.</summary>
    private int Distance(int symbol)
    {
        if (symbol < 4)
        {
            return symbol + 1;
        }

        int extra = (symbol / 2) - 1;
        return symbol > 29 ? throw Damaged() : 1 + ((2 + (symbol % 2)) << extra) + Take(extra);
    }

    private int Next(Code code)
    {
        int found = 0;
        int first = 0;
        int index = 0;
        for (int bits = 1; bits <= BitsMax; bits++)
        {
            found = (found << 1) | Take(1);
            int count = code.Counts[bits];
            if (found - first < count)
            {
                return code.Symbols[index + found - first];
            }

            index += count;
            first = (first + count) << 1;
        }

        throw Damaged();
    }

    /// <summary>Lowest bit first (3.1.1).</summary>
    private int Take(int count)
    {
        while (_bitCount < count)
        {
            if (_position == _input.Length)
            {
                throw Damaged();
            }

            _bits |= _input[_position++] << _bitCount;
            _bitCount += 8;
        }

        int value = _bits & ((1 << count) - 1);
        _bits >>= count;
        _bitCount -= count;
        return value;
    }

    private void Put(byte value)
    {
        if (_written == _output.Length)
        {
            throw Damaged();
        }

        _output[_written++] = value;
    }

    private static Code FixedLengths()
    {
        byte[] sizes = new byte[288];
        sizes.AsSpan(0, 144).Fill(8);
        sizes.AsSpan(144, 112).Fill(9);
        sizes.AsSpan(256, 24).Fill(7);
        sizes.AsSpan(280).Fill(8);
        return new Code(sizes);
    }

    private static Code FixedDistances()
    {
        byte[] sizes = new byte[30];
        sizes.AsSpan().Fill(5);
        return new Code(sizes);
    }

    private static InvalidDataException Damaged() => new("damaged compressed data");

    /// <summary>A canonical Huffman code (3.2.2): symbols by length of their code, then by number.
    /// </summary>
    private sealed class Code
    {
        public Code(byte[] sizes)
        {
            foreach (byte size in sizes)
            {
                Counts[size]++;
            }

            Counts[0] = 0;
            Symbols = new int[sizes.Length];
            int next = 0;
            for (int bits = 1; bits <= BitsMax; bits++)
            {
                for (int symbol = 0; symbol < sizes.Length; symbol++)
                {
                    if (sizes[symbol] == bits)
                    {
                        Symbols[next++] = symbol;
                    }
                }
            }
        }

        public int[] Counts { get; } = new int[BitsMax + 1];

        public int[] Symbols { get; }
    }
}
