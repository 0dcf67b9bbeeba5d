using System;
using System.Buffers.Binary;
using System.Globalization;
using System.IO;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution;

/// <summary>
/// A Llama in integers. Input: the bytes of an <see cref="InputRecord"/>; output: the ids of the
/// produced tokens, u32 little endian; one step is one token.
/// </summary>
public sealed class LanguageModel : IModel
{
    /// <summary>
    /// Positions where the operator asks for no other number; part of the model root.
    /// </summary>
    public const int DefaultContext = 2048;

    /// <summary>The most positions; the sums of attention are proven for so many.</summary>
    public const int ContextMax = LlamaShape.ContextMax;

    private readonly LlamaParameters _parameters;

    internal LanguageModel(LlamaParameters parameters, Tokenizer? tokenizer, int trainedContext)
    {
        _parameters = parameters;
        Tokenizer = tokenizer;
        TrainedContext = trainedContext;
        LlamaCosts = new LlamaCosts(parameters.Shape);
        Architecture = LlamaArchitecture.Of(parameters);
        ArchitectureBytes = Architecture.Encode();
        ArchitectureDigest = LlamaRoots.Architecture(ArchitectureBytes);
        ParametersRoot = ModelRoots.Parameters(LlamaRoots.Leaves(parameters));
        ModelRoot = ModelRoots.Model(ArchitectureDigest, ParametersRoot);
        Description = LlamaDescription.Of(this);
    }

    public string Format => "llama";

    public bool IsStream => true;

    public Bytes32 ModelRoot { get; }

    public Bytes32 ArchitectureDigest { get; }

    public Bytes32 ParametersRoot { get; }

    public ModelDescription Description { get; }

    /// <summary>Words; ids run from 0 below it.</summary>
    public int Vocab => _parameters.Shape.Vocab;

    /// <summary>Positions: prompt and produced tokens but the last.</summary>
    public int Context => _parameters.Shape.Context;

    /// <summary>Positions that the model was trained for; a hint, not part of the root.</summary>
    public int TrainedContext { get; }

    /// <summary>From the model's file, or null: clients tokenize, nodes need none.</summary>
    public Tokenizer? Tokenizer { get; private set; }

    public int InputBytesMin => InputRecord.HeaderBytes + 4;

    public int InputBytesMax =>
        InputRecord.HeaderBytes + 4 * (Context + InputRecord.EndTokensMax);

    internal LlamaParameters Parameters => _parameters;

    public IRunCosts Costs => LlamaCosts;

    internal LlamaCosts LlamaCosts { get; }

    internal LlamaArchitecture Architecture { get; }

    internal byte[] ArchitectureBytes { get; }

    public InputInfo CheckInput(
        ReadOnlySpan<byte> input, WantedProofs proofs = WantedProofs.None)
    {
        InputRecord record = Record(input);
        return new InputInfo(
            InputRecord.Root(input),
            Costs.Run((uint)record.Prompt.Length, record.NewTokensMax, proofs),
            record.NewTokensMax,
            OutputBytesMax: 4L * record.NewTokensMax);
    }

    public OutputInfo CheckOutput(ReadOnlySpan<byte> input, ReadOnlySpan<byte> output,
        WantedProofs proofs = WantedProofs.None)
    {
        InputRecord record = Record(input);
        if (output.IsEmpty)
        {
            // Cancelled before its first step.
            return OutputInfo.Nothing;
        }

        uint steps = (uint)output.Length / 4;
        if (output.Length % 4 != 0 || steps > record.NewTokensMax)
        {
            throw new ModelException(string.Create(CultureInfo.InvariantCulture,
                $"output: {output.Length} bytes are not at most {record.NewTokensMax} tokens"));
        }

        for (int i = 0; i < output.Length; i += 4)
        {
            int token = BinaryPrimitives.ReadInt32LittleEndian(output[i..]);
            if ((uint)token >= (uint)Vocab || (i + 4 < output.Length && record.Ends(token)))
            {
                throw new ModelException(string.Create(CultureInfo.InvariantCulture,
                    $"output: token {token} at step {i / 4 + 1} is none, or ends before the end"));
            }
        }

        int last = BinaryPrimitives.ReadInt32LittleEndian(output[^4..]);
        return new OutputInfo(
            OutputRoot(output), steps, Costs.Run((uint)record.Prompt.Length, steps, proofs),
            IsWhole: steps == record.NewTokensMax || record.Ends(last));
    }

    public IModelSession CreateSession(Backend backend, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        return new LanguageSession(this, Backends.Of(backend).Compile(_parameters), threads);
    }

    public void Dispose() => _parameters.Dispose();

    internal static Bytes32 OutputRoot(ReadOnlySpan<byte> output) => TraceTree.ListRoot(
        [TraceTree.TensorHash(TensorType.Int32, [output.Length / 4], output)]);

    /// <summary>Opens a GGUF file, a llama2.c checkpoint or a `.cvm` of one.</summary>
    /// <exception cref="ModelException">Missing, damaged or not supported.</exception>
    public static LanguageModel Open(string path, LanguageOptions? options = null)
    {
        try
        {
            using FileSource source = FileSource.Open(path);
            Tokenizer? tokenizer = options?.TokenizerPath is string file
                ? Tokenizer.OpenLlama2c(file)
                : null;
            LanguageModel model = Import(
                source,
                options?.Context ?? DefaultContext,
                (options?.FloatWeightBits ?? 8) == 4 ? WeightForm.Int4 : WeightForm.Int8,
                tokenizer);
            return model.Tokenizer is null ? model.WithTokenizerBeside(path) : model;
        }
        catch (ModelException e)
        {
            throw new ModelException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Imports a GGUF file or a llama2.c checkpoint, or loads an artifact.</summary>
    internal static LanguageModel Import(
        ByteSource source,
        int context = DefaultContext,
        WeightForm floats = WeightForm.Int8,
        Tokenizer? tokenizer = null)
    {
        if (LanguageArtifact.Looks(source))
        {
            return LanguageArtifact.Load(source, tokenizer);
        }

        LlamaSource llama = OpenSource(source, context, out GgufFile? gguf);
        tokenizer ??= gguf is null
            ? null
            : Tokenizers.Of(GgufVocabulary.Read(gguf));
        CheckWords(source, tokenizer?.Count, llama.Shape.Vocab);
        return new LanguageModel(
            LlamaImporter.Import(llama, floats), tokenizer, llama.TrainedContext);
    }

    internal static LlamaSource OpenSource(ByteSource source, int context, out GgufFile? gguf)
    {
        Span<byte> start = stackalloc byte[(int)Math.Min(4, source.Length)];
        source.Read(0, start);
        gguf = GgufReader.Looks(start) ? GgufReader.Read(source) : null;
        return gguf is null
            ? CheckpointSource.Open(source, context)
            : GgufSource.Open(gguf, context);
    }

    /// <exception cref="ModelException">
    /// A vocabulary of another size than the model's: a word without a row cannot be asked for, a
    /// row without a word cannot be shown.
    /// </exception>
    internal static void CheckWords(ByteSource source, int? words, int rows)
    {
        if (words is { } count && count != rows)
        {
            throw source.Refuse($"has rows for {rows} words, its tokenizer has {count}; " +
                "take the tokenizer of this model");
        }
    }

    /// <summary>Decodes an input and checks that this model can run it to its end.</summary>
    internal InputRecord Record(ReadOnlySpan<byte> input)
    {
        if (input.Length < InputBytesMin || input.Length > InputBytesMax)
        {
            throw new ModelException(string.Create(CultureInfo.InvariantCulture,
                $"input: {input.Length} bytes, records have {InputBytesMin} to {InputBytesMax}"));
        }

        InputRecord record = InputRecord.Decode(input);
        long positions = record.Prompt.Length + (long)record.NewTokensMax - 1;
        if (positions > Context)
        {
            throw new ModelException(string.Create(CultureInfo.InvariantCulture,
                $"input: {record.Prompt.Length} tokens and {record.NewTokensMax} new ones need " +
                $"{positions} positions, the model has {Context}; ask for fewer"));
        }

        CheckIds(record.Prompt);
        CheckIds(record.EndTokens);
        return record;
    }

    /// <summary>llama2.c keeps the tokenizer in a file beside: tok512.bin, tokenizer.bin.</summary>
    private LanguageModel WithTokenizerBeside(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        foreach (string name in new[] { $"tok{Vocab}.bin", "tokenizer.bin" })
        {
            string beside = Path.Combine(folder, name);
            if (File.Exists(beside) && Tokenizer.OpenLlama2c(beside) is Tokenizer found &&
                found.Count == Vocab)
            {
                Tokenizer = found;
                return this;
            }
        }

        return this;
    }

    private void CheckIds(ReadOnlySpan<int> ids)
    {
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)Vocab)
            {
                throw new ModelException(string.Create(CultureInfo.InvariantCulture,
                    $"input: token {id}, the model has 0 to {Vocab - 1}"));
            }
        }
    }
}

/// <summary>What an operator may choose when a language model is imported.</summary>
public sealed record LanguageOptions
{
    /// <summary>
    /// Positions of the rotary table and the KV cache, up to 32,768; part of the model root, so
    /// that a file's own number is not taken. An artifact has the number that it was made with.
    /// </summary>
    public int Context { get; init; } = LanguageModel.DefaultContext;

    /// <summary>8 or 4: what float weights are quantized to (Q8_0 or Q4_0).</summary>
    public int FloatWeightBits { get; init; } = 8;

    /// <summary>A llama2.c tokenizer file; null for the model's own, or one beside it.</summary>
    public string? TokenizerPath { get; init; }
}
