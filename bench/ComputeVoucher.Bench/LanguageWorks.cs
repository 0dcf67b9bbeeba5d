using System;
using System.Collections.Generic;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Language;

namespace ComputeVoucher.Bench;

/// <summary>Every operator of one position of a language model, on one thread and the fastest
/// back-end; attention reads a full context.</summary>
internal static unsafe class LanguageWorks
{
    public static IEnumerable<Work> All(string path) =>
    [
        Of(path, "embedding", state => state.Embed),
        Of(path, "RMSNorm", state => state.Normalize),
        Of(path, "int16 row", state => state.Narrow),
        Of(path, "product q, k, v", state => state.Product(
            state.Layer.Query, state.Layer.Key, state.Layer.Value)),
        Of(path, "rotation of the heads", state => state.Rotate),
        Of(path, "attention", state => state.Attend),
        Of(path, "product of attention", state => state.Product(state.Layer.Output)),
        Of(path, "product gate, up", state => state.Product(state.Layer.Gate, state.Layer.Up)),
        Of(path, "SwiGLU", state => state.SwiGlu),
        Of(path, "product down", state => state.Product(state.Layer.Down)),
        Of(path, "product classifier", state => state.Product(state.Model.Classifier)),
        Of(path, "greedy choice", state => state.Choose),
    ];

    private static Work Of(string path, string name, Func<Position, Action> action) =>
        new($"tales, {name}", () =>
        {
            Position state = new(path);
            return new RunningWork(action(state), state);
        });

    /// <summary>The buffers of one position, zero but for the residual stream.</summary>
    private sealed class Position : IDisposable
    {
        private readonly LanguageModel _file;
        private readonly LlamaShape _shape;
        private readonly WorkTeam _team = new(1);
        private readonly KvCache _cache;
        private readonly AttentionWork _attention;
        private readonly MatrixWork _product;
        private readonly NativeBuffer<long> _x;
        private readonly NativeBuffer<long> _wide;
        private readonly NativeBuffer<short> _input;
        private readonly NativeBuffer<int> _groupSums;
        private readonly NativeBuffer<int> _exponents;
        private readonly NativeBuffer<int> _rows;
        private readonly NativeBuffer<short> _queries;
        private readonly int _columns;

        public Position(string path)
        {
            _file = LanguageModel.Open(path);
            Model = _file.Parameters;
            _shape = Model.Shape;
            KernelSet kernels = Backends.Of(Backend.Auto).Compile(Model);
            _cache = new KvCache(_shape, _shape.Context);
            _attention = new AttentionWork(kernels, Model, _cache, _team.Threads);
            _product = new MatrixWork(kernels);
            int widest = Math.Max(Math.Max(_shape.Dim, _shape.Hidden), _shape.QueryDim);
            _columns = (widest + 31) / 32 * 32;
            _x = new NativeBuffer<long>(_shape.Dim);
            _wide = new NativeBuffer<long>(widest);
            _input = new NativeBuffer<short>(_columns);
            _groupSums = new NativeBuffer<int>(_columns / 32);
            _exponents = new NativeBuffer<int>(Math.Max(1, _shape.Heads));
            _rows = new NativeBuffer<int>(Math.Max(
                _shape.Vocab,
                Math.Max(_shape.QueryDim + 2 * _shape.KvDim, 2 * _shape.Hidden)));
            _queries = new NativeBuffer<short>((long)_shape.Heads * _cache.Stride);
            Embed();
        }

        public LlamaParameters Model { get; }

        public LlamaLayer Layer => Model.Layers[0];

        private Span<long> X => _x.Span(0, _shape.Dim);

        public void Embed()
        {
            Span<long> x = X;
            for (int i = 0; i < x.Length; i++)
            {
                x[i] = Execution.Language.Embed.Of(Model.Embedding.Exact(1, i));
            }
        }

        public void Normalize()
        {
            NormVector norm = Layer.AttentionNorm;
            Span<long> partial = stackalloc long[LlamaShape.DimMax / RmsNorm.SquareColumns];
            NormStatistics statistics = RmsNorm.Statistics(
                X, Model.EpsilonTerm, norm.Exponent, partial[..RmsNorm.SquareParts(_shape.Dim)]);
            Span<long> wide = _wide.Span(0, _shape.Dim);
            for (int i = 0; i < wide.Length; i++)
            {
                wide[i] = RmsNorm.Of(X[i], norm.Gains[i], statistics);
            }
        }

        public void Narrow() => Int16Row.Of(X, _input.Span(0, _shape.Dim));

        public void Rotate()
        {
            int headDim = _shape.HeadDim;
            ReadOnlySpan<int> turn = Model.Rotary.AsSpan(0, headDim);
            for (int head = 0; head < _shape.Heads + _shape.KvHeads; head++)
            {
                Rope.Rotate(_rows.Span(head * headDim, headDim), turn, _wide.Span(0, headDim));
            }
        }

        public Action Product(QuantMatrix first, QuantMatrix? second = null,
            QuantMatrix? third = null)
        {
            _product.Batch = 1;
            _product.Input = _input.Pointer;
            _product.InputStride = _columns;
            _product.GroupSums = _groupSums.Pointer;
            _product.Exponents = _exponents.Pointer;
            _product.Output = _rows.Pointer;
            _product.OutputStride = checked((int)_rows.Length);
            return () =>
            {
                _product.Set(first, second, third);
                _team.Run(_product);
            };
        }

        public void Attend()
        {
            _attention.Layer = 0;
            _attention.Tokens = _cache.Capacity;
            _attention.Queries = _queries.Pointer;
            _attention.QueryExponents = _exponents.Pointer;
            _attention.Result = _wide.Pointer;
            _team.Run(_attention);
        }

        public void SwiGlu()
        {
            ReadOnlySpan<int> gate = _rows.Span(0, _shape.Hidden);
            ReadOnlySpan<int> up = _rows.Span(_shape.Hidden, _shape.Hidden);
            Span<long> wide = _wide.Span(0, _shape.Hidden);
            for (int i = 0; i < wide.Length; i++)
            {
                wide[i] = Execution.Language.SwiGlu.Of(gate[i], up[i]);
            }
        }

        public void Choose() => Sampler.Greedy(_rows.Span(0, _shape.Vocab));

        public void Dispose()
        {
            _queries.Dispose();
            _rows.Dispose();
            _exponents.Dispose();
            _groupSums.Dispose();
            _input.Dispose();
            _wide.Dispose();
            _x.Dispose();
            _attention.Dispose();
            _cache.Dispose();
            _team.Dispose();
            _file.Dispose();
        }
    }
}
