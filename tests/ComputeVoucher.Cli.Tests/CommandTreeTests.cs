using System;
using System.CommandLine;
using System.IO;

namespace ComputeVoucher.Cli.Tests;

/// <summary>Arguments are what they are: a text that begins with @ opens no file.</summary>
public sealed class CommandTreeTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("generate")]
    [InlineData("request")]
    public void Prompt_ThatNamesAFile_IsText(string command)
    {
        File.WriteAllText(_file, "x --record rec.out --tokens 3");
        foreach (string text in new[] { "@" + _file, "@alice said hello", "@" })
        {
            ParseResult parsed = CommandTree.Parse(
                CommandTree.Create(), [command, "--model", "m", "--prompt", text]);
            Assert.DoesNotContain(
                parsed.Errors, e => e.Message.Contains("file", StringComparison.OrdinalIgnoreCase));
            Assert.Equal(text, command == "request"
                ? Assert.Single(parsed.GetValue<string[]>("--prompt")!)
                : parsed.GetValue<string>("--prompt"));
            Assert.Equal(128u, parsed.GetValue<uint>("--tokens"));
        }
    }

    [Fact]
    public void Separator_ThatBeginsWithAt_IsText()
    {
        ParseResult parsed = CommandTree.Parse(
            CommandTree.Create(), ["tokenize", "--model", "m", "--separator", "@@sep@@"]);
        Assert.Empty(parsed.Errors);
        Assert.Equal("@@sep@@", parsed.GetValue<string>("--separator"));
    }
}
