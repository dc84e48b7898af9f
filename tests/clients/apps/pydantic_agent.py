"""An agent of Pydantic AI with a tool that searches, and Logfire's exporter."""

import os

import hotel
import logfire
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

os.environ["LOGFIRE_SEND_TO_LOGFIRE"] = "false"
logfire.configure(send_to_logfire=False, console=False)
logfire.instrument_pydantic_ai()
model = OpenAIChatModel("m", provider=OpenAIProvider(base_url=hotel.model_url(), api_key="x"))
agent = Agent(model, name="hotel", system_prompt="You are the hotel's agent.")


@agent.tool_plain
def search_handbook(query: str) -> list[dict[str, str]]:
    """Search the handbook."""
    return [{"id": key, "content": hotel.PASSAGES[key]} for key in hotel.search(query)]


hotel.ask_all(agent.run_sync)
logfire.force_flush()
