"""The services of this server, each made once: everybody who asks for one gets the same."""

from pages.services.classes.classroom import Classroom
from pages.services.classes.stores import open_store
from pages.services.downloads import Downloads
from pages.services.engine import Engine
from pages.services.models import Models
from pages.services.training_queue import TrainingQueue
from pages.settings import CACHE_MB, CLASS_STORE, MODELS, THREADS

models = Models(MODELS)
engine = Engine(cache_bytes=CACHE_MB * 2**20, threads=THREADS, models=models)
trainings = TrainingQueue()
downloads = Downloads()
classroom = Classroom(open_store(CLASS_STORE))
