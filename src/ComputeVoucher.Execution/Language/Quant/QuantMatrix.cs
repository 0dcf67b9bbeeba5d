using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// A weight matrix, [Rows, Columns], packed for the kernels. Immutable once built; shared by all
/// sessions.
/// </summary>
/// <remarks>
/// Blocks of 8 rows × 32 columns, row block by row block. A block is the quants of row 0, row 1 …
/// row 7 (32 or 16 bytes each; 4-bit: byte j holds column j low and column j + 16 high, as in
/// GGUF), then 8 int32 scales S, then for forms with two scale sets 8 more (second half's S, or M).
/// </remarks>
// Safety: Blocks points to BlockBytes · blocks bytes owned by this object, freed in Dispose; every
// index is checked against Rows and Columns in the accessors, kernels stay below RowBlocks·Groups.
internal sealed unsafe class QuantMatrix : IDisposable
{
    private const int AlignmentBytes = 64;

    // Keeps the memory alive as long as the matrix is reachable.
    private readonly WeightArena? _arena;
    private byte* _blocks;

    /// <summary>A matrix of zeros.</summary>
    /// <param name="form">Of the weights.</param>
    /// <param name="rows">1 or more.</param>
    /// <param name="columns">1 or more.</param>
    /// <param name="arena">Owns the memory; null for memory of its own.</param>
    public QuantMatrix(WeightForm form, int rows, int columns, WeightArena? arena = null)
    {
        Form = form;
        Rows = rows;
        Columns = columns;
        RowBlocks = (rows + WeightForms.BlockRows - 1) / WeightForms.BlockRows;
        Groups = (columns + WeightForms.BlockColumns - 1) / WeightForms.BlockColumns;
        BlockBytes = WeightForms.BlockRows * WeightForms.CellBytes(form);
        nuint bytes = checked((nuint)RowBlocks * (nuint)Groups * (nuint)BlockBytes);
        _arena = arena;
        if (arena is not null)
        {
            _blocks = arena.Take((long)bytes);
            return;
        }

        _blocks = (byte*)NativeMemory.AlignedAlloc(bytes, AlignmentBytes);
        NativeMemory.Clear(_blocks, bytes);
        GC.AddMemoryPressure((long)bytes);
    }

    ~QuantMatrix() => Free();

    public WeightForm Form { get; }

    public int Rows { get; }

    public int Columns { get; }

    public int RowBlocks { get; }

    /// <summary>Blocks of 32 columns in a row.</summary>
    public int Groups { get; }

    public int BlockBytes { get; }

    /// <summary>First block of row block 0.</summary>
    public byte* Blocks => _blocks;

    /// <summary>Bytes of one row in the artifact: cells of 32 columns, scales first.</summary>
    public int RowBytes => Groups * WeightForms.CellBytes(Form);

    public long Weights => (long)Rows * Columns;

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>q of one weight.</summary>
    public int Quant(int row, int column)
    {
        byte* block = Block(row, column, out int r, out int c);
        if (Form is WeightForm.Int8 or WeightForm.Int8Half)
        {
            return (sbyte)block[32 * r + c];
        }

        byte pair = block[16 * r + (c & 15)];
        int nibble = c < 16 ? pair & 15 : pair >> 4;
        return Form == WeightForm.Int4 ? nibble - 8 : nibble;
    }

    /// <summary>S of one weight's group.</summary>
    public int Scale(int row, int column)
    {
        byte* block = Block(row, column, out int r, out int c);
        int set = Form == WeightForm.Int8Half && c >= 16 ? 1 : 0;
        return ScaleSet(block, set)[r];
    }

    /// <summary>M of one weight's group.</summary>
    public int Offset(int row, int column)
    {
        byte* block = Block(row, column, out int r, out _);
        return Form == WeightForm.Int4Offset ? ScaleSet(block, 1)[r] : 0;
    }

    /// <summary>
    /// A whole row: weight · 2^24 (exact in double, below 2^33), the sum of |S·q| + |M|, and the
    /// largest |S| or |M|.
    /// </summary>
    public void ReadRow(int row, Span<double> exact, out long magnitude, out long scaleMax)
    {
        magnitude = 0;
        scaleMax = 0;
        int part = WeightForms.GroupColumns(Form);
        bool bytes = Form is WeightForm.Int8 or WeightForm.Int8Half;
        int bias = Form == WeightForm.Int4 ? 8 : 0;
        for (int c = 0; c < Columns; c += part)
        {
            long scale = Scale(row, c);
            long offset = Offset(row, c);
            scaleMax = Math.Max(scaleMax, Math.Max(Math.Abs(scale), Math.Abs(offset)));
            byte* block = Block(row, c, out int r, out int from);
            byte* quants = block + WeightForms.QuantBytes(Form) * r;
            long sum = 0;
            Span<double> to = exact[c..Math.Min(c + part, Columns)];
            for (int i = 0; i < to.Length; i++)
            {
                int quant = bytes ? (sbyte)quants[from + i]
                    : ((quants[i & 15] >> (i < 16 ? 0 : 4)) & 15) - bias;
                sum += Math.Abs(quant);
                to[i] = scale * quant - offset;
            }

            magnitude += sum * Math.Abs(scale) + to.Length * Math.Abs(offset);
        }
    }

    /// <summary>weight · 2^24, exact.</summary>
    public long Exact(int row, int column) =>
        (long)Scale(row, column) * Quant(row, column) - Offset(row, column);

    /// <summary>
    /// Stores 32 columns of a row: quants in the form's own bytes (32 or 16), scales S, second.
    /// </summary>
    public void SetCell(int row, int group, ReadOnlySpan<byte> quants, int scale, int second)
    {
        byte* block = Block(row, 32 * group, out int r, out _);
        int size = WeightForms.QuantBytes(Form);
        quants[..size].CopyTo(new Span<byte>(block + size * r, size));
        ScaleSet(block, 0)[r] = scale;
        if (WeightForms.Scales(Form) == 2)
        {
            ScaleSet(block, 1)[r] = second;
        }
    }

    /// <summary>
    /// Bytes of a row as the artifact and the parameter leaf have them: per 32 columns the
    /// int32 LE scales (S, or S and M, or S of each half), then the quants.
    /// </summary>
    public void CopyRow(int row, Span<byte> destination)
    {
        int size = WeightForms.QuantBytes(Form);
        for (int g = 0; g < Groups; g++)
        {
            byte* block = Block(row, 32 * g, out int r, out _);
            Span<byte> cell = destination.Slice(
                g * WeightForms.CellBytes(Form), WeightForms.CellBytes(Form));
            for (int set = 0; set < WeightForms.Scales(Form); set++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(cell[(4 * set)..], ScaleSet(block, set)[r]);
            }

            new ReadOnlySpan<byte>(block + size * r, size).CopyTo(cell[^size..]);
        }
    }

    /// <summary>The inverse of <see cref="CopyRow"/>.</summary>
    public void SetRow(int row, ReadOnlySpan<byte> source)
    {
        int cellBytes = WeightForms.CellBytes(Form);
        for (int g = 0; g < Groups; g++)
        {
            ReadOnlySpan<byte> cell = source.Slice(g * cellBytes, cellBytes);
            int second = WeightForms.Scales(Form) == 2
                ? BinaryPrimitives.ReadInt32LittleEndian(cell[4..])
                : 0;
            SetCell(row, g, cell[^WeightForms.QuantBytes(Form)..],
                BinaryPrimitives.ReadInt32LittleEndian(cell), second);
        }
    }

    /// <summary>Same form, shape and every byte.</summary>
    public bool SameAs(QuantMatrix other)
    {
        if (Form != other.Form || Rows != other.Rows || Columns != other.Columns)
        {
            return false;
        }

        nuint bytes = (nuint)RowBlocks * (nuint)Groups * (nuint)BlockBytes;
        for (nuint at = 0; at < bytes; at += 1 << 20)
        {
            int size = (int)Math.Min(bytes - at, 1 << 20);
            if (!new ReadOnlySpan<byte>(_blocks + at, size).SequenceEqual(
                new ReadOnlySpan<byte>(other._blocks + at, size)))
            {
                return false;
            }
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int* ScaleSet(byte* block, int set) =>
        (int*)(block + WeightForms.BlockRows * WeightForms.QuantBytes(Form)) +
        WeightForms.BlockRows * set;

    private byte* Block(int row, int column, out int rowInBlock, out int columnInBlock)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)column, 32u * (uint)Groups);
        rowInBlock = row % WeightForms.BlockRows;
        columnInBlock = column % WeightForms.BlockColumns;
        long index = (long)(row / WeightForms.BlockRows) * Groups + column / 32;
        return _blocks + index * BlockBytes;
    }

    private void Free()
    {
        if (_blocks != null)
        {
            byte* blocks = _blocks;
            _blocks = null;
            if (_arena is not null)
            {
                return;
            }

            NativeMemory.AlignedFree(blocks);
            GC.RemoveMemoryPressure((long)RowBlocks * Groups * BlockBytes);
        }
    }
}
