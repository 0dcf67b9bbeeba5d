using System.Threading.Tasks;

namespace ComputeVoucher.Cli.Tests;

/// <summary>A failure before the first command is one line as well.</summary>
public sealed class ErrorFunnelTests
{
    [Fact]
    public async Task APreparationThatFails_IsRefusedInOneLine() =>
        Assert.Equal(ExitStatus.Refused, await ErrorFunnel.RunAsync(
            () => throw new CommandException("the kernel gave no random bytes"), []));
}
