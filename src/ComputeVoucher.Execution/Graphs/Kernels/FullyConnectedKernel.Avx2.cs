using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// FULLY_CONNECTED on AVX2: a convolution of one tap over as many pixels as batches.
/// </summary>
// Safety: see IKernel; a block of rows and their pointers fill the scratch exactly.
internal sealed unsafe class FullyConnectedKernel : IKernel
{
    private readonly FullyConnected _op;
    private readonly PackedWeights _weights;
    private readonly OutputEnd _end;
    private readonly int _rowShorts;
    private readonly int _blockRows;

    public FullyConnectedKernel(FullyConnected op)
    {
        _op = op;
        _weights = new PackedWeights(op.Parameters, groups: 1, op.WeightZero);
        _end = op.End;
        _rowShorts = 2 * _weights.Pairs;
        _blockRows = Math.Min(
            Gemm.BlockPixels(2L * _rowShorts), (op.Batches + 3) / Tile.Pixels * Tile.Pixels);
    }

    public long ScratchBytes =>
        (long)_blockRows * (_rowShorts * sizeof(short) + sizeof(short*));

    public void Run(ReadOnlySpan<TensorView> inputs, sbyte* output, byte* scratch)
    {
        sbyte* input = inputs[0].Data;
        short** rows = (short**)scratch;
        short* wide = (short*)(scratch + (long)_blockRows * sizeof(short*));
        int depth = _op.Depth;
        int channels = _op.Output.Last;
        RowShape shape = new(1, _weights.Pairs, 0);
        for (int from = 0; from < _op.Batches; from += _blockRows)
        {
            int count = Math.Min(_blockRows, _op.Batches - from);
            for (int i = 0; i < count; i++)
            {
                rows[i] = wide + (long)i * _rowShorts;
                rows[i][_rowShorts - 1] = 0;
                WidenedImage.Widen(
                    input + (long)(from + i) * depth, rows[i], depth, _op.Input.ZeroPoint);
            }

            Gemm.Run(
                rows, count, shape, _weights, group: 0, _end,
                output + (long)from * channels, channels);
        }
    }
}
