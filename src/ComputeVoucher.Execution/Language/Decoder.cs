using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// The forward pass of a Llama in integers: tokens in, logits out, one stream's state inside.
/// Reads like its mathematics; every operator is defined in Operators.
/// </summary>
/// <remarks>
/// A batch of consecutive tokens runs layer by layer; each token's numbers are those of a run
/// token by token, because a token only reads keys and values at or before its position.
/// </remarks>
// Safety: buffers are sized in the constructor for BatchMax tokens of this model's shape.
internal sealed unsafe partial class Decoder : IDisposable
{
    /// <summary>Tokens per batch: weights are read once per batch from memory.</summary>
    public const int BatchMax = 16;

    private readonly LlamaParameters _model;
    private readonly LlamaShape _shape;
    private readonly WorkTeam _team;
    private readonly KvCache _cache;
    private readonly MatrixWork _product;
    private readonly AttentionWork _attention;
    private readonly int _inputStride;
    private readonly int _rowsStride;
    private readonly NativeBuffer<long> _x;
    private readonly NativeBuffer<short> _input;
    private readonly NativeBuffer<int> _groupSums;
    private readonly NativeBuffer<int> _exponents;
    private readonly NativeBuffer<int> _rows;
    private readonly NativeBuffer<long> _wide;
    private readonly NativeBuffer<short> _queries;
    private readonly NativeBuffer<int> _queryExponents;
    private readonly NativeBuffer<int> _logits;
    private TraceScratch? _trace;

    public Decoder(
        LlamaParameters model, KernelSet kernels, WorkTeam team, int capacity)
    {
        _model = model;
        _shape = model.Shape;
        _team = team;
        _cache = new KvCache(_shape, capacity);
        _product = new MatrixWork(kernels);
        _attention = new AttentionWork(kernels, model, _cache, team.Threads);
        int widest = Math.Max(Math.Max(_shape.Dim, _shape.Hidden), _shape.QueryDim);
        _inputStride = (widest + 31) / 32 * 32;
        _rowsStride = Math.Max(_shape.QueryDim + 2 * _shape.KvDim, 2 * _shape.Hidden);
        _x = new NativeBuffer<long>((long)BatchMax * _shape.Dim);
        _input = new NativeBuffer<short>((long)BatchMax * _inputStride);
        _groupSums = new NativeBuffer<int>((long)BatchMax * _inputStride / 32);
        _exponents = new NativeBuffer<int>(BatchMax);
        _rows = new NativeBuffer<int>((long)BatchMax * _rowsStride);
        _wide = new NativeBuffer<long>(widest);
        _queries = new NativeBuffer<short>((long)BatchMax * _shape.Heads * _cache.Stride);
        _queryExponents = new NativeBuffer<int>((long)BatchMax * _shape.Heads);
        _logits = new NativeBuffer<int>(_shape.Vocab);
    }

    /// <summary>int32 Q.16 [Vocab], of the last token for which logits were asked.</summary>
    public ReadOnlySpan<int> Logits => _logits.Span(0, _shape.Vocab);

    /// <summary>Positions that fit.</summary>
    public int Capacity => _cache.Capacity;

    /// <summary>Forgets the stream; from here on a sink, if any, commits to every tensor.</summary>
    public void Start(TraceCollector? sink)
    {
        _cache.Clear();
        _trace?.Dispose();
        _trace = sink is null ? null : new TraceScratch(_model, _cache.Capacity, sink);
        _attention.Weights = null;
    }

    /// <summary>
    /// Runs tokens at position, position + 1 …; keys and values of all earlier positions must be
    /// those of this stream. Asks for logits of the last token only.
    /// </summary>
    public void Forward(ReadOnlySpan<int> tokens, int position, bool logits)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens.Length, BatchMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position + tokens.Length, _cache.Capacity);
        int batch = tokens.Length;
        _product.Batch = batch;
        _product.Exponents = _exponents.Pointer;
        _product.GroupSums = _groupSums.Pointer;
        _product.Input = _input.Pointer;
        _product.InputStride = _inputStride;
        if (_trace is not null)
        {
            _trace.Position = position;
        }

        for (int b = 0; b < batch; b++)
        {
            Span<long> x = X(b);
            for (int i = 0; i < _shape.Dim; i++)
            {
                x[i] = Embed.Of(_model.Embedding.Exact(tokens[b], i));
            }

            _trace?.Residual(b, TraceTensor.Embed, x);
        }

        for (int layer = 0; layer < _shape.Layers; layer++)
        {
            if (_trace is not null)
            {
                _trace.Layer = layer;
            }

            Attention(layer, batch, position);
            FeedForward(layer, batch);
        }

        if (logits)
        {
            Classify(batch - 1);
        }
    }

    public void Dispose()
    {
        _attention.Dispose();
        _cache.Dispose();
        _x.Dispose();
        _input.Dispose();
        _groupSums.Dispose();
        _exponents.Dispose();
        _rows.Dispose();
        _wide.Dispose();
        _queries.Dispose();
        _queryExponents.Dispose();
        _logits.Dispose();
        _trace?.Dispose();
    }

    private Span<long> X(int b) => _x.Span((long)b * _shape.Dim, _shape.Dim);

    private Span<short> Input(int b, int length) =>
        _input.Span((long)b * _inputStride, length);

    private void Attention(int layer, int batch, int position)
    {
        LlamaLayer weights = _model.Layers[layer];
        for (int b = 0; b < batch; b++)
        {
            Normalize(b, weights.AttentionNorm, TraceTensor.AttentionNorm);
        }

        int rows = _shape.QueryDim + 2 * _shape.KvDim;
        Multiply(
            TraceTensor.Qkv, rows, weights.Query, weights.Key, weights.Value, _shape.Dim);
        for (int b = 0; b < batch; b++)
        {
            Split(layer, b, position + b);
        }

        for (int b = 0; b < batch; b++)
        {
            Attend(layer, b, position + b);
        }

        AddProduct(TraceTensor.Attention, weights.Output, batch);
    }

    private void FeedForward(int layer, int batch)
    {
        LlamaLayer weights = _model.Layers[layer];
        for (int b = 0; b < batch; b++)
        {
            Normalize(b, weights.FeedForwardNorm, TraceTensor.FeedForwardNorm);
        }

        Multiply(TraceTensor.GateUp, 2 * _shape.Hidden, weights.Gate, weights.Up, null, _shape.Dim);
        for (int b = 0; b < batch; b++)
        {
            ReadOnlySpan<int> a = _rows.Span((long)b * _rowsStride, _shape.Hidden);
            ReadOnlySpan<int> up = _rows.Span(
                (long)b * _rowsStride + _shape.Hidden, _shape.Hidden);
            Span<long> h = _wide.Span(0, _shape.Hidden);
            for (int i = 0; i < h.Length; i++)
            {
                h[i] = SwiGlu.Of(a[i], up[i]);
            }

            ToInput(b, h, TraceTensor.SwiGlu);
        }

        AddProduct(TraceTensor.FeedForward, weights.Down, batch);
    }

    private void Classify(int b)
    {
        Normalize(b, _model.FinalNorm, TraceTensor.FinalNorm);
        _product.Batch = 1;
        _product.Input = _input.Pointer + (long)b * _inputStride;
        _product.GroupSums = _groupSums.Pointer + (long)b * (_inputStride / 32);
        _product.Exponents = _exponents.Pointer + b;
        _product.Output = _logits.Pointer;
        _product.Residual = null;
        _product.OutputStride = _shape.Vocab;
        _product.Partials = _trace is null
            ? null
            : _trace.PartialsFor(1, _shape.Vocab, _shape.Dim);
        _product.Set(_model.Classifier);
        _team.Run(_product);
        if (_trace is not null)
        {
            _trace.Partials(b, 0, TraceTensor.Logits, _shape.Vocab, _shape.Dim);
            _trace.Add(b, TraceTensor.Logits, Logits);
        }
    }

    /// <summary>RMSNorm of x, as int16 input of the next product.</summary>
    private void Normalize(int b, NormVector norm, TraceTensor tensor)
    {
        Span<long> x = X(b);
        Span<long> partial = stackalloc long[
            LlamaShape.DimMax / RmsNorm.SquareColumns];
        partial = partial[..RmsNorm.SquareParts(x.Length)];
        NormStatistics statistics = RmsNorm.Statistics(
            x, _model.EpsilonTerm, norm.Exponent, partial);
        Span<long> n = _wide.Span(0, x.Length);
        short[] gains = norm.Gains;
        for (int i = 0; i < n.Length; i++)
        {
            n[i] = RmsNorm.Of(x[i], gains[i], statistics);
        }

        _trace?.Norm(tensor, statistics, partial);
        ToInput(b, n, tensor);
    }

    /// <summary>A row in Q.16 → int16 with one exponent, ready for a product.</summary>
    private void ToInput(int b, ReadOnlySpan<long> wide, TraceTensor tensor)
    {
        Span<short> narrow = Input(b, (wide.Length + 31) / 32 * 32);
        Exponent exponent = Int16Row.Of(wide, narrow);
        narrow[wide.Length..].Clear();
        _exponents.Pointer[b] = exponent.Z;
        for (int g = 0; g < narrow.Length / 32; g++)
        {
            int sum = 0;
            foreach (short v in narrow.Slice(32 * g, 32))
            {
                sum += v;
            }

            _groupSums.Pointer[(long)b * (_inputStride / 32) + g] = sum;
        }

        _trace?.Exponent(tensor, exponent);
        _trace?.Scalars(b, tensor);
        _trace?.Add<short>(b, tensor, narrow[..wide.Length]);
    }

    private void Multiply(
        TraceTensor tensor,
        int rows,
        QuantMatrix first,
        QuantMatrix second,
        QuantMatrix? third,
        int columns)
    {
        _product.Output = _rows.Pointer;
        _product.Residual = null;
        _product.OutputStride = _rowsStride;
        _product.Partials = _trace is null
            ? null
            : _trace.PartialsFor(_product.Batch, _rowsStride, columns);
        _product.Set(first, second, third);
        _team.Run(_product);
        for (int b = 0; b < _product.Batch && _trace is not null; b++)
        {
            _trace.Partials(b, (long)b * _rowsStride, tensor, rows, columns);
            _trace.Add<int>(b, tensor, _rows.Span((long)b * _rowsStride, rows));
        }
    }

    /// <summary>x += W·input for the whole batch.</summary>
    private void AddProduct(TraceTensor tensor, QuantMatrix matrix, int batch)
    {
        _product.Output = null;
        _product.Residual = _x.Pointer;
        _product.OutputStride = _shape.Dim;
        _product.Partials = _trace is null
            ? null
            : _trace.PartialsFor(batch, _shape.Dim, matrix.Columns);
        _product.Set(matrix);
        _team.Run(_product);
        for (int b = 0; b < batch && _trace is not null; b++)
        {
            _trace.Partials(b, (long)b * _shape.Dim, tensor, _shape.Dim, matrix.Columns);
            _trace.Residual(b, tensor, X(b));
        }
    }

    /// <summary>
    /// Rows of q, k, v: rotate q and k, all to int16 per head, keys and values stored.
    /// </summary>
    private void Split(int layer, int b, int position)
    {
        int headDim = _shape.HeadDim;
        int* rows = _rows.Pointer + (long)b * _rowsStride;
        ReadOnlySpan<int> turn = _model.Rotary.AsSpan(position * headDim, headDim);
        Span<long> wide = _wide.Span(0, headDim);
        Span<short> all = _trace is null
            ? default
            : _trace.Heads(_shape.QueryDim + 2 * _shape.KvDim);
        for (int h = 0; h < _shape.Heads + 2 * _shape.KvHeads; h++)
        {
            var head = new ReadOnlySpan<int>(rows + h * headDim, headDim);
            short* to = Place(layer, b, h, position, out byte* z, out int* queryZ);
            if (h < _shape.Heads + _shape.KvHeads)
            {
                Rope.Rotate(head, turn, wide);
            }
            else
            {
                for (int i = 0; i < headDim; i++)
                {
                    wide[i] = head[i];
                }
            }

            Exponent exponent = Int16Row.Of(wide, new Span<short>(to, headDim));
            if (z != null)
            {
                *z = (byte)exponent.Z;
            }
            else
            {
                *queryZ = exponent.Z;
            }

            if (_trace is not null)
            {
                new Span<short>(to, headDim).CopyTo(all[(h * headDim)..]);
                _trace.Exponent(TraceTensor.Rope, exponent, h);
            }
        }

        _trace?.Scalars(b, TraceTensor.Rope);
        _trace?.Add<short>(b, TraceTensor.Rope, all);
    }

    /// <summary>Where head h of q ‖ k ‖ v goes.</summary>
    private short* Place(
        int layer, int b, int h, int position, out byte* z, out int* queryZ)
    {
        z = null;
        queryZ = null;
        int stride = _cache.Stride;
        if (h < _shape.Heads)
        {
            queryZ = _queryExponents.Pointer + b * _shape.Heads + h;
            return _queries.Pointer + ((long)b * _shape.Heads + h) * stride;
        }

        h -= _shape.Heads;
        if (h < _shape.KvHeads)
        {
            z = _cache.KeyExponents(layer, h) + position;
            return _cache.Keys(layer, h) + (long)position * stride;
        }

        h -= _shape.KvHeads;
        z = _cache.ValueExponents(layer, h) + position;
        return _cache.Values(layer, h) + (long)position * stride;
    }

    private void Attend(int layer, int b, int position)
    {
        int tokens = position + 1;
        _attention.Layer = layer;
        _attention.Tokens = tokens;
        _attention.Queries = _queries.Pointer + (long)b * _shape.Heads * _cache.Stride;
        _attention.QueryExponents = _queryExponents.Pointer + (long)b * _shape.Heads;
        _attention.Result = _wide.Pointer;
        if (_trace is not null)
        {
            _attention.Weights = _trace.Weights;
            bool parts = tokens > AttentionWork.PartialTokens;
            _attention.PartialMixed = parts ? _trace.Mixed : null;
            _attention.PartialSums = parts ? _trace.Sums : null;
        }

        _team.Run(_attention);
        _trace?.Attention(b, _attention);
        ToInput(b, _wide.Span(0, _shape.QueryDim), TraceTensor.AttentionOutput);
    }
}
