using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Execution.Tests.Language;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Disputes.Tests.Language;

/// <summary>
/// tests/vectors/language-elements.json: one small model, and proofs about runs of it, which the
/// forge tests of the contract read. Here they are made again, and judged.
/// </summary>
public sealed class LanguageVectorsTests : IDisposable
{
    private static readonly string s_path =
        Path.Combine(SharedData.RepositoryRoot, "tests/vectors/language-elements.json");

    private readonly LanguageModel _model = LanguageRuns.Tiny();
    private readonly CommittedRun _run;
    private readonly Dictionary<string, (CommittedRun Run, byte[][] Parts)> _cases = [];

    public LanguageVectorsTests() =>
        _run = CommittedRun.Of(_model, LlamaData.Greedy([3, 1, 4], 2));

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Vectors_AreThoseOfTheFile()
    {
        Products();
        Ties();
        Operands();
        string made = Written();
        if (File.ReadAllText(s_path) != made)
        {
            string place = Path.Combine(Path.GetTempPath(), Path.GetFileName(s_path));
            File.WriteAllText(place, made);
            Assert.Fail($"the vectors are others now: compare {place}");
        }
    }

    private void Products()
    {
        int qkv = _run.Layout.Index(new(TraceTensor.Qkv, 2, 0));
        Element("product", _run, Verdict.Equal, qkv, 7);
        long truth = _run.Judge(qkv, 7).Committed;
        Element("productWrong", _run.Forge(qkv, 7, truth + 1), Verdict.Differs, qkv, 7);
        int weights = _run.Layout.Index(new(TraceTensor.Weights, 2, 0));
        Element("weight", _run, Verdict.Equal, weights, 1);

        // The same place of a model with other numbers.
        using var source = new MemorySource(SyntheticGguf.Write(
            _model.Architecture.Shape, GgmlType.Q8_0, gain: 3));
        using LanguageModel other = LanguageModel.Import(source, _model.Context);
        byte[] proof = new LanguageWitnesses(other, _run.Trace, LlamaData.Greedy([3, 1, 4], 2))
            .Element(qkv, 7);
        Add("otherParameters", _run, Verdict.OpeningBad, proof);
    }

    /// <summary>Two logits that are the same: the lower one is the token.</summary>
    private void Ties()
    {
        int token = _run.Layout.Index(new(TraceTensor.Token, 2, 0));
        int logits = _run.Layout.Index(new(TraceTensor.Logits, 2, 0));
        int best = (int)_run.Judge(token, 0).Committed;
        int higher = best + 1;
        Assert.InRange(higher, 1, _model.Vocab - 1);
        CommittedRun tied = _run.Forge(logits, higher, _run.Judge(logits, best).Committed);
        Element("tie", tied, Verdict.Equal, token, 0, (uint)higher);
        Element("tieLost", tied.Forge(token, 0, higher), Verdict.Differs, token, 0, (uint)best);
    }

    private void Operands()
    {
        int scalars = _run.Layout.Index(new(TraceTensor.AttentionOutputScalars, 2, 0));
        int witness = _run.Layout.Offset(TraceTensor.AttentionOutput, ScalarKind.RowWitness);
        uint rival = _run.Judge(scalars, witness).Committed == 0 ? 1u : 0;
        OperandsRequest request = new(scalars, witness, rival);
        OperandsAnswer answer = _run.Witnesses.Operands(request);
        byte[] wrong = [.. answer.Values];
        wrong[1] ^= 1;
        byte[] refutation = _run.Witnesses.Refutation(request, 0);
        Assert.Equal(
            Verdict.Equal, _run.Court.Operands(_run.Statement, request, answer).Verdict);
        Assert.Equal(
            Verdict.Differs,
            _run.Court.Refutation(_run.Statement, request, wrong, refutation).Verdict);
        _cases["operands"] =
            (_run, [request.Encode(), answer.Values, answer.Proof, wrong, refutation]);
    }

    private void Element(
        string name, CommittedRun run, Verdict verdict, int tensor, int element,
        uint rival = ElementProof.NoRival) =>
        Add(name, run, verdict, run.Witnesses.Element(tensor, element, rival));

    private void Add(string name, CommittedRun run, Verdict verdict, byte[] proof)
    {
        Assert.Equal(verdict, run.Court.Element(run.Statement, proof).Verdict);
        _cases[name] = (run, [proof]);
    }

    private string Written()
    {
        StringBuilder text = new();
        text.Append("{\n  \"architecture\": \"").Append(Hex.Encode(_model.ArchitectureBytes))
            .Append("\",\n  \"parametersRoot\": \"").Append(_model.ParametersRoot)
            .Append("\",\n  \"modelRoot\": \"").Append(_model.ModelRoot);
        foreach ((string name, (CommittedRun run, byte[][] parts)) in _cases)
        {
            LanguageStatement said = run.Statement;
            text.Append("\",\n  \"").Append(name).Append("\": {\n    \"inputRoot\": \"")
                .Append(said.InputRoot).Append("\",\n    \"traceRoot\": \"")
                .Append(said.TraceRoot).Append("\",\n    \"prompt\": ").Append(said.Prompt)
                .Append(",\n    \"steps\": ").Append(said.Steps).Append(",\n    \"topK\": ")
                .Append(said.TopK).Append(",\n    \"parts\": [\n      \"")
                .AppendJoin("\",\n      \"", parts.Select(part => Hex.Encode(part)))
                .Append("\"\n    ]\n  }");
        }

        return text.Append("\n}\n").Replace("}\",", "},").ToString();
    }
}
