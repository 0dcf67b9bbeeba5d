namespace ComputeVoucher.Execution.Language;

/// <summary>
/// What becomes of every key of the Llama architecture in a GGUF file. A key that is not here may
/// change the mathematics (a window, a cap, a scale) and is refused by name, so that a model is
/// never run as another.
/// </summary>
internal static class LlamaKeys
{
    /// <summary>Of the keys of the architecture.</summary>
    public const string Prefix = "llama.";

    /// <summary>
    /// How conversions of Llama lay out the rows of queries and keys: pairs beside each other.
    /// </summary>
    private const string PairsLayout = "Meta AI original pth";

    /// <exception cref="ModelException">A key unknown, of a wrong type or not applied.</exception>
    public static void Check(GgufFile file, LlamaShape shape)
    {
        foreach (string key in file.Values.Keys)
        {
            if (key.StartsWith(Prefix, System.StringComparison.Ordinal))
            {
                Check(file, key, shape);
            }
        }
    }

    private static void Check(GgufFile file, string key, LlamaShape shape)
    {
        switch (key[Prefix.Length..])
        {
            // Read into the shape, the norms and the rotary table, each with its own range.
            case "context_length" or "embedding_length" or "feed_forward_length" or "block_count":
            case "attention.head_count" or "attention.head_count_kv" or "attention.key_length":
            case "attention.layer_norm_rms_epsilon" or "rope.freq_base":
            case "rope.scaling.type" or "rope.scaling.factor" or "rope.scale_linear":
                break;

            // Must say what is computed anyway.
            case "vocab_size":
                Require(file, key, file.Number(key), (uint)shape.Vocab);
                break;
            case "rope.dimension_count" or "attention.value_length":
                Require(file, key, file.Number(key), (uint)shape.HeadDim);
                break;
            case "expert_count" or "expert_used_count":
                Require(file, key, file.Number(key), 0u);
                break;
            case "rope.scaling.attn_factor":
                Require(file, key, file.Real(key), 1f);
                break;
            case "attention.causal":
                Require(file, key, file.Flag(key), true);
                break;
            case "use_parallel_residual":
                Require(file, key, file.Flag(key), false);
                break;
            case "tensor_data_layout":
                Require(file, key, file.Text(key), PairsLayout);
                break;

            // How the training came to its rotary scale; nothing is computed with it.
            case "rope.scaling.original_context_length":
                _ = file.Number(key);
                break;
            case "rope.scaling.finetuned":
                _ = file.Flag(key);
                break;
            default:
                throw file.Source.Refuse($"has the key '{GgufFile.Printable(key)}', which is not " +
                    "supported; without it the model would be another");
        }
    }

    private static void Require<T>(GgufFile file, string key, T? said, T wanted)
    {
        if (!Equals(said, wanted))
        {
            string text = GgufFile.Printable(string.Create(
                System.Globalization.CultureInfo.InvariantCulture, $"{said}"));
            throw file.Source.Refuse(string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"says {key} = {text}, supported is {wanted}"));
        }
    }
}
