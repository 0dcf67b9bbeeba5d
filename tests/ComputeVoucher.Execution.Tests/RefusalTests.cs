using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests;

/// <summary>
/// Models of operators that are not supported are refused by the operator's name.
/// </summary>
public sealed class RefusalTests
{
    [SharedDataTheory("tflite-refuse")]
    [InlineData("audio_preprocessor_int8.tflite", "CUSTOM 'SignalWindow'")]
    [InlineData("hello_world_float.tflite", "operator 0 FULLY_CONNECTED")]
    [InlineData("trained_lstm_int8.tflite", "UNIDIRECTIONAL_SEQUENCE_LSTM")]
    public void Open_ForeignModel_NamesTheOperator(string file, string named)
    {
        string path = SharedData.PathOf("tflite-refuse", file);
        ModelException refused = Assert.Throws<ModelException>(() => ModelFile.Open(path));
        Assert.StartsWith(path, refused.Message, System.StringComparison.Ordinal);
        Assert.Contains(named, refused.Message, System.StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }
}
