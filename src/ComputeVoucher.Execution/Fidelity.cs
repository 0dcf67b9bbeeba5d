using System;
using System.Collections.Generic;
using System.IO;
using ComputeVoucher.Execution.Language;

namespace ComputeVoucher.Execution;

/// <summary>
/// Measures what integers cost (against the float model with the same quantized weights) and what
/// quantization costs (against the float weights of the file). The only floats past import.
/// </summary>
public sealed class Fidelity : IDisposable
{
    private readonly Decoder _decoder;
    private readonly WorkTeam _team = new(1);
    private readonly FloatLlama _same;
    private readonly FloatLlama? _original;
    private readonly FidelitySums _sameSums = new();
    private readonly FidelitySums _originalSums = new();

    /// <param name="model">The integer model.</param>
    /// <param name="path">
    /// The GGUF or llama2.c file that it was imported from; null for an artifact, which has no
    /// float weights: then only the same weights are measured.
    /// </param>
    /// <param name="positions">Tokens of the longest sequence that will be added.</param>
    /// <exception cref="ModelException">The file is another model or is damaged.</exception>
    public Fidelity(LanguageModel model, string? path, int positions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(positions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(positions, model.Context);
        KernelSet kernels = Backends.Of(Backend.Auto).Compile(model.Parameters);
        _decoder = new Decoder(model.Parameters, kernels, _team, positions);
        _same = new FloatLlama(FloatWeights.FromParameters(model.Parameters, positions));
        if (path is not null)
        {
            FloatWeights file = WeightsOf(path, positions);
            _original = file.Shape == model.Parameters.Shape with { Context = positions }
                ? new FloatLlama(file)
                : throw new ModelException($"{path}: another model than the one measured");
        }
    }

    /// <summary>Against the float model with the same weights.</summary>
    public FidelityReport SameWeights => _sameSums.Report();

    /// <summary>Against the float model of the file, or null.</summary>
    public FidelityReport? OriginalWeights => _original is null ? null : _originalSums.Report();

    /// <summary>Runs one text, token by token, through all models.</summary>
    /// <param name="tokens">With the begin token; each is fed, and predicted but the first.</param>
    public void Add(IReadOnlyList<int> tokens)
    {
        _decoder.Start(null);
        for (int p = 0; p < tokens.Count; p++)
        {
            int next = p + 1 < tokens.Count ? tokens[p + 1] : -1;
            _decoder.Forward([tokens[p]], p, logits: true);
            _same.Forward(tokens[p], p);
            _sameSums.Add(_same.Logits, _decoder.Logits, next);
            if (_original is not null)
            {
                _original.Forward(tokens[p], p);
                _originalSums.Add(_original.Logits, _decoder.Logits, next);
            }
        }
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _team.Dispose();
    }

    /// <summary>A GGUF file is read a second time, by code that the importer does not share.
    /// </summary>
    private static FloatWeights WeightsOf(string path, int positions)
    {
        try
        {
            using FileSource source = FileSource.Open(path);
            LlamaSource opened = LanguageModel.OpenSource(source, positions, out GgufFile? gguf);
            if (gguf is null)
            {
                return FloatWeights.FromCheckpoint(opened, positions);
            }

            using FileStream file = File.OpenRead(path);
            return FloatWeights.FromGguf(file, positions);
        }
        catch (ModelException e)
        {
            throw new ModelException($"{path}: {e.Message}", e);
        }
    }
}

/// <summary>An integer model beside a float model, teacher-forced over texts.</summary>
/// <param name="Positions">Compared.</param>
/// <param name="TopOne">Share of positions with the same most likely token.</param>
/// <param name="Divergence">Mean KL divergence, float from integer, in nats.</param>
/// <param name="Perplexity">Of the integer model on the texts.</param>
/// <param name="ReferencePerplexity">Of the float model on the texts.</param>
public sealed record FidelityReport(
    int Positions,
    double TopOne,
    double Divergence,
    double Perplexity,
    double ReferencePerplexity)
{
    /// <summary>1.0005 = 0.05 % more perplexed than the reference.</summary>
    public double PerplexityRatio => Perplexity / ReferencePerplexity;
}
