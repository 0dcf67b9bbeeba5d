using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// y_j = rs(sum_j, 24 − z) of up to three matrices that read the same vectors, for a batch of
/// tokens: row sums in units of 2^-24·2^(z−16) become Q.16.
/// </summary>
/// <remarks>
/// Pieces are ranges of row blocks. Within a piece the tokens of the batch take turns on the same
/// few rows, so that weights come from memory once per batch.
/// </remarks>
// Safety: every pointer covers batch rows of its stride; pieces write disjoint rows.
internal sealed unsafe class MatrixWork : Work
{
    /// <summary>
    /// Columns of a committed partial sum: 4,096 int16 (8 KiB) and 4,096 weights with their
    /// scales (at most 6 KiB), and as many products, take some 0.9 M gas to judge.
    /// </summary>
    public const int PartialColumns = 4096;

    private const int PartialGroups = PartialColumns / WeightForms.BlockColumns;

    /// <summary>
    /// Weight bytes of a piece: some 2 µs, small against it the claim of 0.1 µs.
    /// </summary>
    private const int PieceBytesMin = 48 << 10;

    /// <summary>Long enough that a core streams from memory rather than restarts.</summary>
    private const int PieceBytesMax = 192 << 10;

    /// <summary>Pieces of one operator that leave room to share them out between the two.</summary>
    private const int PiecesWanted = 8;

    private const int PartsMax = 3;
    private readonly KernelSet _kernels;
    private readonly QuantMatrix?[] _parts = new QuantMatrix?[PartsMax];
    private int _blocks;
    private int _blocksPerPiece;

    public MatrixWork(KernelSet kernels) => _kernels = kernels;

    public int Batch { get; set; }

    /// <summary>int16 [Batch, InputStride].</summary>
    public short* Input { get; set; }

    public int InputStride { get; set; }

    /// <summary>Σ x per group of 32, [Batch, InputStride / 32].</summary>
    public int* GroupSums { get; set; }

    /// <summary>Exponents of the input rows, [Batch].</summary>
    public int* Exponents { get; set; }

    /// <summary>int32 [Batch, OutputStride], the parts side by side; or null.</summary>
    public int* Output { get; set; }

    /// <summary>int64 [Batch, OutputStride] to add to instead.</summary>
    public long* Residual { get; set; }

    public int OutputStride { get; set; }

    /// <summary>int64 [Batch, OutputStride, PartialCount] where wanted, or null.</summary>
    public long* Partials { get; set; }

    public static int PartialCount(int columns) =>
        (columns + PartialColumns - 1) / PartialColumns;

    public void Set(QuantMatrix first, QuantMatrix? second = null, QuantMatrix? third = null)
    {
        _parts[0] = first;
        _parts[1] = second;
        _parts[2] = third;
        _blocks = first.RowBlocks + (second?.RowBlocks ?? 0) + (third?.RowBlocks ?? 0);
        long rowBlockBytes = (long)first.Groups * first.BlockBytes;
        long pieceBytes = Math.Clamp(
            _blocks * rowBlockBytes / PiecesWanted, PieceBytesMin, PieceBytesMax);
        _blocksPerPiece = (int)Math.Max(1, pieceBytes / rowBlockBytes);
        Pieces = (_blocks + _blocksPerPiece - 1) / _blocksPerPiece;
    }

    public override void Run(int piece, int worker)
    {
        int from = piece * _blocksPerPiece;
        int to = Math.Min(from + _blocksPerPiece, _blocks);
        int offset = 0;
        int start = 0;
        foreach (QuantMatrix? part in _parts)
        {
            if (part is null)
            {
                break;
            }

            int first = Math.Max(from - start, 0);
            int last = Math.Min(to - start, part.RowBlocks);
            for (int block = first; block < last; block++)
            {
                Block(part, block, offset);
            }

            start += part.RowBlocks;
            offset += part.Rows;
        }
    }

    private void Block(QuantMatrix matrix, int block, int offset)
    {
        long* sums = stackalloc long[WeightForms.BlockRows];
        long* part = stackalloc long[WeightForms.BlockRows];
        int row = WeightForms.BlockRows * block;
        int rows = Math.Min(WeightForms.BlockRows, matrix.Rows - row);
        for (int b = 0; b < Batch; b++)
        {
            short* x = Input + (long)b * InputStride;
            int* groupSums = GroupSums + (long)b * (InputStride / 32);
            if (matrix.Groups <= PartialGroups)
            {
                _kernels.Sum(matrix, x, groupSums, block, 1, 0, matrix.Groups, sums);
            }
            else
            {
                new Span<long>(sums, WeightForms.BlockRows).Clear();
                int parts = PartialCount(matrix.Columns);
                for (int p = 0; p < parts; p++)
                {
                    int to = Math.Min((p + 1) * PartialGroups, matrix.Groups);
                    _kernels.Sum(matrix, x, groupSums, block, 1, p * PartialGroups, to, part);
                    for (int r = 0; r < rows; r++)
                    {
                        sums[r] += part[r];
                        if (Partials != null)
                        {
                            long at = (long)b * OutputStride + offset + row + r;
                            Partials[at * parts + p] = part[r];
                        }
                    }
                }
            }

            Store(sums, rows, 24 - Exponents[b], (long)b * OutputStride + offset + row);
        }
    }

    private void Store(long* sums, int rows, int shift, long at)
    {
        for (int r = 0; r < rows; r++)
        {
            long y = Rounding.Shift(sums[r], shift);
            if (Output != null)
            {
                Output[at + r] = (int)y;
            }
            else
            {
                Residual[at + r] += y;
            }
        }
    }
}
