namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Compute units of a Llama, a function of the architecture and the position alone. 1 CU = one
/// multiply-accumulate; the other operators cost what their definitions take, rounded up.
/// </summary>
internal sealed class LlamaCosts : IRunCosts
{
    private readonly ulong _layersFixed;
    private readonly ulong _perAttended;
    private readonly ulong _perToken;

    public LlamaCosts(LlamaShape shape)
    {
        ulong dim = (ulong)shape.Dim;
        ulong hidden = (ulong)shape.Hidden;
        ulong query = (ulong)shape.QueryDim;
        ulong rows = query + 2 * (ulong)shape.KvDim;
        ulong layers = (ulong)shape.Layers;
        MacsPerPosition = layers * (dim * rows + query * dim + 3 * dim * hidden);
        _layersFixed = MacsPerPosition + layers * (
            2 * CostTable.LanguageNormElement * dim + CostTable.LanguageRotateElement * rows +
            CostTable.LanguageDivideElement * query + CostTable.LanguageSwiGluElement * hidden);
        _perAttended = layers * (2 * query + CostTable.LanguageExpElement * (ulong)shape.Heads);
        _perToken = (ulong)shape.Vocab * (dim + CostTable.LanguageChooseElement) +
            CostTable.LanguageNormElement * dim;
    }

    /// <summary>
    /// Multiply-accumulates of the weights at one position, without the classifier.
    /// </summary>
    public ulong MacsPerPosition { get; }

    /// <summary>Units of position p (from 0), which attends to p + 1 tokens.</summary>
    public ulong Position(uint position) => _layersFixed + _perAttended * (position + 1UL);

    /// <summary>Units of one produced token: final norm, classifier, choice.</summary>
    public ulong Token => _perToken;

    /// <summary>
    /// Units of a prompt and `steps` produced tokens: positions 0 … prompt + steps − 2 run, and
    /// `steps` tokens are chosen. 0 steps cost nothing.
    /// </summary>
    /// <exception cref="ModelException">A proof is asked for: there is none, and a sum with its
    /// price could pass 2^63.</exception>
    public ulong Run(uint prompt, uint steps, WantedProofs proofs)
    {
        if (proofs != WantedProofs.None)
        {
            throw new ModelException("a language model has no proofs; clear the flag bits 2 and 3");
        }

        if (steps == 0)
        {
            return 0;
        }

        ulong positions = (ulong)prompt + steps - 1;
        return checked(positions * _layersFixed + _perAttended * (positions * (positions + 1) / 2) +
            steps * _perToken);
    }
}
